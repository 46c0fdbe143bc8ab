-- What an alert watches can recover, and an alert can rest on late readings alone: facts beside its state.

alter table alert add column recovered_at integer;
alter table alert add column late integer not null default 0;
