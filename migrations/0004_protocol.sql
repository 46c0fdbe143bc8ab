-- Protocols at work: who is on which, what was asked and what became of it, and when each patient is next looked at.

alter table enrolment rename to enrolment_before;

create table enrolment (
  patient_id text not null references patient (id),
  protocol_id text not null,
  first_day text not null,        -- ISO 8601 date in the patient's civil time: day 1 of the schedule
  last_day text,                  -- inclusive; null until somebody ends it
  state text not null check (state in ('invited', 'active', 'ended')),
  state_at integer,               -- when the patient was invited, or it ended
  end_reason text check (end_reason in ('completed', 'declined', 'ended', 'lapsed')),
  consent text not null check (consent in ('opt_in', 'opt_out', 'given')),
  consent_at integer not null,
  consent_source text not null,   -- JSON: by whom, or by which text
  pause text,                     -- JSON: from, to, reason
  own_times text not null,        -- JSON: this patient's own times by entry of the schedule
  settled_until integer not null, -- every slot up to here is dealt with
  revision integer not null,
  primary key (patient_id, protocol_id),
  check ((state = 'active') = (state_at is null)),
  check ((state = 'ended') = (end_reason is not null))
) strict, without rowid;

-- Nobody was asked anything before this: what lies behind is settled.
insert into enrolment (patient_id, protocol_id, first_day, state, state_at, end_reason, consent, consent_at,
  consent_source, own_times, settled_until, revision)
select e.patient_id, e.protocol_id, date(e.started_at / 1000, 'unixepoch'),
       case when e.ended_at is null then 'active' else 'ended' end, e.ended_at,
       case when e.ended_at is not null then 'ended' end,
       p.consent, p.consent_at, json_object('by', 'staff', 'name', 'before version 4'), '{}',
       unixepoch('now') * 1000, 1
from enrolment_before e join patient p on p.id = e.patient_id;

drop table enrolment_before;
create index enrolment_running on enrolment (patient_id) where state <> 'ended';

-- One question put to one patient. Its row is the record of the reading window: answered, or missed with its cause.
create table prompt (
  id text primary key,
  patient_id text not null references patient (id),
  protocol_id text not null,
  protocol_version text not null, -- content hash when it was planned
  revision integer not null,      -- the enrolment's when it was planned
  entry text not null,            -- of the schedule, or a follow-up
  question text not null,         -- or what is said, where it asks nothing
  planned_at integer not null,
  window_minutes integer not null,
  reminders text not null,        -- JSON: minutes after it was really sent
  reminded integer not null,
  late_minutes integer not null,
  state text not null check (state in ('waiting', 'asked', 'answered', 'told', 'missed', 'cancelled')),
  cause text check (cause in ('silent', 'our_outage', 'not_prompted', 'undelivered', 'hub_offline', 'battery')),
  since integer not null,         -- when it came into this state
  message_id text,                -- the text that asked it; several prompts may share one
  check ((state = 'missed') = (cause is not null))
) strict, without rowid;
create index prompt_open on prompt (patient_id) where state in ('waiting', 'asked');
create index prompt_by_patient on prompt (patient_id, planned_at);

-- How often in a row no answer came to a question. No row: the last one was answered, or none was ever asked.
create table missed (
  patient_id text not null references patient (id),
  question text not null,
  in_a_row integer not null,      -- for whatever cause
  silent integer not null,        -- those of them that count against the patient
  last_cause text not null,
  primary key (patient_id, question)
) strict, without rowid;

-- How often in a row a follow-up of a protocol has followed on its own answers.
create table follow_count (
  patient_id text not null references patient (id),
  protocol_id text not null,
  follow_up text not null,
  in_a_row integer not null,
  primary key (patient_id, protocol_id, follow_up)
) strict, without rowid;

-- Texts in a row of which nothing could be made. No row: the last one was understood.
create table unreadable (
  patient_id text primary key references patient (id),
  in_a_row integer not null
) strict, without rowid;

-- Answers to questions that ask for no vital sign. Free words stay in the message that brought them.
create table answer (
  event_id text not null,
  question text not null,
  patient_id text not null references patient (id),
  value text not null,            -- JSON
  at integer not null,
  prompt_id text,
  primary key (event_id, question)
) strict, without rowid;
create index answer_by_patient on answer (patient_id, at);

-- When a patient is next looked at. Nobody is in it whom no protocol will ask anything.
create table agenda (
  patient_id text primary key references patient (id),
  wake_at integer not null
) strict, without rowid;
create index agenda_by_time on agenda (wake_at);

insert into agenda (patient_id, wake_at) select distinct patient_id, 0 from enrolment where state <> 'ended';

-- What a text says, part by part, and the protocol versions that its words rest on. JSON; null where neither is known.
alter table message add column says text;
alter table message add column basis text;

-- A reading window opens when the question was really sent. Whatever becomes of a text that rests on a protocol, by the
-- worker, a report or a reconciliation, its patient is looked at again.
create trigger message_moved after update of state on message
when new.basis is not null and new.state <> old.state
  and new.state in ('sent', 'delivered', 'undelivered', 'failed')
begin
  insert into agenda (patient_id, wake_at)
  select new.patient_id, 0 where exists (select 1 from patient where id = new.patient_id)
  on conflict (patient_id) do update set wake_at = 0;
end;
