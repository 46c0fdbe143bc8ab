-- The spine: people, what came in, what it meant, what went out, who did what.
-- Times are epoch milliseconds (UTC) that the caller gives. Ids are text. Append-only file: later changes are new migrations.

create table patient (
  id text primary key,
  name text,
  phone text,                     -- E.164; several patients may share one
  nhs_number text,
  date_of_birth text,
  language text not null,
  time_zone text not null,
  team text,
  consent text not null check (consent in ('opt_in', 'opt_out', 'given')),
  consent_at integer not null,
  standing text not null check (standing in ('active', 'stopped')),
  created_at integer not null,
  updated_at integer not null
) strict, without rowid;
create index patient_by_phone on patient (phone) where phone is not null;

create table enrolment (
  patient_id text not null references patient (id),
  protocol_id text not null,
  started_at integer not null,
  ended_at integer,
  primary key (patient_id, protocol_id)
) strict, without rowid;

-- Every limit that was ever set stays: the one in force is the last by since.
create table threshold (
  patient_id text not null references patient (id),
  rule_id text not null,
  parameter text not null,
  since integer not null,
  value real not null,
  author text not null,
  reason text not null,
  primary key (patient_id, rule_id, parameter, since)
) strict, without rowid;

create table device (
  id text primary key,
  patient_id text references patient (id),
  registered_at integer not null,
  registered_by text not null,
  revoked_at integer,
  clock_offset_ms integer,        -- device clock minus ours when last measured
  clock_seen_at integer,
  online integer,
  battery real,
  status_at integer
) strict, without rowid;
create index device_by_patient on device (patient_id) where patient_id is not null;

-- The journal. A row is written once, with its outcome, in the transaction that acts on it.
create table inbox (
  id text primary key,            -- time-ordered, so that the table grows at its end
  dedupe_key text not null unique,
  edge text not null check (edge in ('text', 'device')),
  kind text not null check (kind in ('text', 'reading', 'status', 'stray')),
  sender text not null,           -- a number, or a device id
  address text not null,          -- the number texted to, or the topic
  body text,                      -- a text's words
  provider_id text,
  retained integer not null default 0,
  raw blob not null,              -- as it arrived, at most 64 KiB
  received_at integer not null,
  outcome text not null check (outcome in ('accepted', 'rejected', 'held')),
  reason text not null,
  patient_id text,
  copies integer not null default 0,
  last_copy_at integer
) strict, without rowid;
create index inbox_held on inbox (edge, sender, id) where outcome = 'held';

-- One row a number. Clustered by day, then patient: today's rows share few pages however large the past is.
create table reading (
  day integer not null,           -- taken_at / 86400000
  patient_id text not null,
  taken_at integer not null,
  set_id text not null,           -- the event
  vital text not null,
  seq integer not null,           -- tells a vital's repeats in one set apart
  value real,
  beyond text check (beyond in ('low', 'high')),
  received_at integer not null,
  claimed_at integer,             -- what the device's clock said when it was not believed
  basis text not null check (basis in ('device', 'received')),
  source text not null check (source in ('text', 'device')),
  device_id text,
  state text not null check (state in ('accepted', 'unconfirmed', 'withdrawn', 'flagged')),
  primary key (day, patient_id, taken_at, set_id, vital, seq),
  check (value is not null or beyond is not null)
) strict, without rowid;

create table alert (
  id text primary key,
  patient_id text not null references patient (id),
  rule_id text not null,
  rule_version text not null,
  severity text not null check (severity in ('advice', 'amber', 'red')),
  state text not null check (state in ('open', 'acknowledged', 'resolved')),
  title text not null,
  why text not null,
  proposal text not null,
  opened_at integer not null,
  last_at integer not null,
  count integer not null default 1,
  worsened_at integer,
  acknowledged_at integer,
  acknowledged_by text,
  resolved_at integer,
  resolved_by text,
  outcome text,
  note text
) strict, without rowid;
create unique index alert_unresolved on alert (patient_id, rule_id) where state <> 'resolved';
create index alert_by_state on alert (state, severity, opened_at);

-- What an alert rests on: one row a firing, with the limits in force then.
create table alert_evidence (
  alert_id text not null references alert (id),
  set_id text not null,
  at integer not null,
  detail text not null,           -- JSON
  primary key (alert_id, set_id)
) strict, without rowid;

create table task (
  id text primary key,
  kind text not null,
  subject text not null,
  patient_id text references patient (id),
  detail text not null,
  urgent integer not null,
  opened_at integer not null,
  last_at integer not null,
  count integer not null default 1,
  resolved_at integer,
  resolved_by text,
  note text
) strict, without rowid;
create unique index task_open on task (kind, subject) where resolved_at is null;

-- Texts in and out. An outbound row is the outbox entry.
create table message (
  id text primary key,
  patient_id text,
  direction text not null check (direction in ('in', 'out')),
  channel text not null,
  address text not null,
  body text not null,
  state text not null check (state in
    ('queued', 'sending', 'ambiguous', 'sent', 'delivered', 'undelivered', 'failed', 'received')),
  purpose text,                   -- JSON; outbound only
  created_at integer not null,
  not_after integer,
  due_at integer,                 -- when the worker may next touch it; null once it is out of its hands
  attempts integer not null default 0,
  resent integer not null default 0,
  lease_until integer,
  attempted_at integer,
  provider_id text,
  sent_at integer,
  delivered_at integer,
  error_code integer,
  error text
) strict, without rowid;
create index message_due on message (due_at) where due_at is not null;
create index message_red_due on message (due_at) where due_at is not null and purpose = '{"reply":"red"}';
create index message_by_patient on message (patient_id, created_at);
create unique index message_by_provider on message (provider_id) where provider_id is not null and direction = 'out';

-- Every status report, whatever it changed.
create table message_event (
  id integer primary key,
  message_id text,
  provider_id text,
  at integer not null,
  state text not null,
  error_code integer,
  raw text not null
) strict;
create index message_event_parked on message_event (provider_id) where message_id is null;

-- A reading that waits for the patient's YES.
create table confirmation (
  patient_id text primary key references patient (id),
  set_id text not null,
  asked_at integer not null,
  readings text not null,         -- JSON
  chased_at integer               -- when a human was told that no YES came
) strict, without rowid;

create table unknown_sender (
  phone text primary key,
  first_at integer not null,
  replied_at integer
) strict, without rowid;

-- The ledger balances because the database refuses a row that does not.
create table ledger (
  day integer not null,
  edge text not null,
  received integer not null,
  accepted integer not null,
  duplicate integer not null,
  rejected integer not null,
  held integer not null,
  primary key (day, edge),
  check (received = accepted + duplicate + rejected + held),
  check (accepted >= 0 and duplicate >= 0 and rejected >= 0 and held >= 0)
) strict, without rowid;

create table user (
  name text primary key,
  full_name text not null,
  role text not null check (role in ('nurse', 'admin')),
  password_hash text not null,
  created_at integer not null,
  disabled_at integer,
  failures integer not null default 0,
  locked_until integer
) strict, without rowid;

create table session (
  token_hash text primary key,
  user_name text not null references user (name),
  form_token text not null,       -- must come back with every form
  created_at integer not null,
  expires_at integer not null
) strict, without rowid;

create table token (
  id text primary key,
  name text not null unique,
  token_hash text not null unique,
  scope text not null check (scope in ('read', 'write')),
  user_name text references user (name),
  created_at integer not null,
  revoked_at integer
) strict, without rowid;

create table audit (
  seq integer primary key,
  at integer not null,
  actor text not null,
  action text not null,
  subject text not null,
  detail text not null            -- JSON, without clinical words
) strict;
create index audit_by_subject on audit (subject, seq);

create view v_reading (id, patient_id, vital, value, unit, taken_at, received_at, source, device_id, state, set_id, beyond) as
select set_id || '.' || vital || case seq when 0 then '' else '.' || seq end,
       patient_id, vital, value,
       case vital
         when 'systolic' then 'mm[Hg]' when 'diastolic' then 'mm[Hg]'
         when 'pulse' then '/min' when 'respiratory_rate' then '/min'
         when 'spo2' then '%' when 'temperature' then 'Cel' when 'weight' then 'kg'
         when 'glucose' then 'mmol/L' when 'ketones' then 'mmol/L' when 'peak_flow' then 'L/min'
       end,
       strftime('%Y-%m-%dT%H:%M:%fZ', taken_at / 1000.0, 'unixepoch'),
       strftime('%Y-%m-%dT%H:%M:%fZ', received_at / 1000.0, 'unixepoch'),
       source, device_id, state, set_id, beyond
from reading;

create view v_alert (id, patient_id, rule_id, rule_version, severity, state, opened_at, acknowledged_at, resolved_at, outcome) as
select id, patient_id, rule_id, rule_version, severity, state,
       strftime('%Y-%m-%dT%H:%M:%fZ', opened_at / 1000.0, 'unixepoch'),
       strftime('%Y-%m-%dT%H:%M:%fZ', acknowledged_at / 1000.0, 'unixepoch'),
       strftime('%Y-%m-%dT%H:%M:%fZ', resolved_at / 1000.0, 'unixepoch'),
       outcome
from alert;

create view v_message (id, patient_id, direction, channel, state, created_at, sent_at, delivered_at) as
select id, patient_id, direction, channel, state,
       strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch'),
       strftime('%Y-%m-%dT%H:%M:%fZ', sent_at / 1000.0, 'unixepoch'),
       strftime('%Y-%m-%dT%H:%M:%fZ', delivered_at / 1000.0, 'unixepoch')
from message;
