-- Work that people give each other, and what patients were told of what became of their readings.

alter table task add column team text;                  -- null: the patient's
alter table task add column title text;                 -- null: what its kind says
alter table task add column due_at integer;             -- null: the team's standard
alter table task add column owner text;                 -- who has accepted it, or was given it
alter table task add column owned_at integer;
alter table task add column made_by text;               -- null: Lamplight
create index task_waiting on task (opened_at) where resolved_at is null;

-- An honest word about an alert is said once. A row stands in the transaction of the text that says it.
create table told (
  alert_id text not null references alert (id),
  patient_id text not null references patient (id),
  word text not null check (word in ('seen', 'unseen')),
  at integer not null,
  message_id text not null,
  primary key (alert_id, word, at)
) strict, without rowid;
create unique index told_unseen_once on told (alert_id) where word = 'unseen';
create index told_by_patient on told (patient_id, at);

-- Who was resolved lately: what is said to patients, and figures.
create index alert_by_resolution on alert (resolved_at) where resolved_at is not null;
create index alert_by_opening on alert (opened_at);
