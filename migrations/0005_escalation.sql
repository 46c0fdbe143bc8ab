-- Who is told, in which order, until a named person has dealt with it.

alter table alert add column lapses_at integer;         -- when an acknowledgement without progress lapses
alter table alert add column ends_with_shift integer not null default 0;  -- it lapses because the owner goes home
alter table alert add column snoozed_until integer;
alter table alert add column snooze text;               -- JSON: by, reason, severity then

-- One row a patient with an amber or red alert that is not resolved. Whatever changes an alert sets look_at to 0 in its
-- own transaction; the rest follows from what is stored.
create table watch (
  patient_id text primary key references patient (id),
  look_at integer not null,                             -- when it is looked at next, or 0: something has changed
  looked_at integer not null default 0,                 -- when it was: later than now, and the clock has gone back
  begun integer not null default 0,                     -- 0: only marked; all below is written when it is first looked at
  next_at integer,                                      -- the chain's next step, or when an acknowledgement or snooze ends
  team_id text,
  severity text check (severity in ('amber', 'red')),
  chain text,                                           -- JSON, as the site's file had it
  site_version text,
  episode integer not null default 0,
  reason text,
  announced integer not null default 0,                 -- somebody has been told the reason
  started_at integer,
  covers text not null default '[]',                    -- JSON list of alerts
  stage text check (stage in ('running', 'attended')),
  round integer not null default 0,
  step integer not null default 0,
  exhausted_at integer,
  check (begun = 0 or (next_at is not null and team_id is not null and severity is not null and chain is not null
    and stage is not null and reason is not null and started_at is not null))
) strict, without rowid;
create index watch_due on watch (look_at);
create index watch_ahead on watch (looked_at);

-- What is unresolved already is watched from now on.
insert into watch (patient_id, look_at)
select distinct patient_id, 0 from alert where state <> 'resolved' and severity in ('amber', 'red');
-- An acknowledgement from before has an hour to show progress.
update alert set lapses_at = unixepoch('now') * 1000 + 3600000 where state = 'acknowledged';

-- Progress that somebody noted on the way. The last word stands with the alert.
create table alert_note (
  alert_id text not null references alert (id),
  at integer not null,
  seq integer not null,                                 -- tells two of one moment apart
  by text not null,
  text text not null,
  primary key (alert_id, at, seq)
) strict, without rowid;

-- Every attempt to tell somebody, and every target that reached nobody. Nobody is told twice for the same reason.
create table notice (
  id text primary key,
  patient_id text not null references patient (id),
  team_id text not null,
  severity text not null,
  episode integer not null,
  round integer not null,
  step integer not null,
  reason text not null,
  target text not null,                                 -- person:x, rota:x, team:x, service:x
  person text,
  channel text,
  address text,                                         -- null: it reached nobody
  missed text,                                          -- why it reached nobody
  message_id text,                                      -- in the outbox
  at integer not null,
  check ((address is null) = (missed is not null))
) strict, without rowid;
create unique index notice_once on notice (patient_id, episode, round, step, reason, target, coalesce(address, ''));
create index notice_by_patient on notice (patient_id, at);
create index notice_by_message on notice (message_id) where message_id is not null;

-- Notifications of staff go before whatever patients are asked.
create index message_notification_due on message (due_at) where due_at is not null and purpose = '"notification"';

-- What a notified person may answer with, from the phone that was told. One use.
create table reply_code (
  phone text not null,
  code text not null,
  patient_id text not null,
  episode integer not null,
  person text,                                          -- null: a team's own phone
  expires_at integer not null,
  used_at integer,
  primary key (phone, code)
) strict, without rowid;

-- How people are reached, and when that was last proved by a code that came back.
create table contact (
  id text primary key,
  user_name text not null references user (name),
  channel text not null check (channel in ('sms', 'email', 'webhook')),
  address text not null,
  created_at integer not null,
  verified_at integer,
  failed_at integer,
  code_hash text,
  code_until integer,
  code_tries integer not null default 0,
  removed_at integer
) strict, without rowid;
create unique index contact_once on contact (user_name, channel, address) where removed_at is null;
create index contact_by_address on contact (address) where removed_at is null;

-- What changes a rota for a time. Rows stay; a change that was taken back says by whom.
create table rota_change (
  id text primary key,
  kind text not null check (kind in ('override', 'cover', 'leave')),
  rota_id text,                                         -- null for leave: it is from every rota
  person text,                                          -- whose shifts; null for an override
  stands_in text,                                       -- null for leave
  starts_at integer not null,
  ends_at integer not null check (ends_at > starts_at),
  made_by text not null,
  made_at integer not null,
  cancelled_by text,
  cancelled_at integer,
  check ((kind = 'leave') = (stands_in is null)),
  check ((kind = 'override') = (person is null)),
  check ((kind = 'leave') = (rota_id is null))
) strict, without rowid;
create index rota_change_by_end on rota_change (ends_at) where cancelled_at is null;
