-- What readings that came in time have shown of an alert: what staff and patient were told. Late ones tell nobody.

alter table alert add column timely text check (timely in ('advice', 'amber', 'red'));
alter table alert add column timely_at integer;
update alert set timely = severity, timely_at = last_at where late = 0;


-- Who looks after a patient from a phone of their own. Rows stay; one that is over says so.
create table carer (
  patient_id text not null references patient (id),
  phone text not null,            -- E.164; one phone may care for several patients
  name text not null,
  may_report integer not null,    -- texts from the phone are taken as the patient's
  gets_copies text not null check (gets_copies in ('none', 'advice', 'red')),
  answers_for integer not null,   -- prompts and answers go to this phone instead of the patient's
  consent_by text not null,       -- who agreed to it
  consent_at integer not null,
  added_by text not null,
  added_at integer not null,
  stopped_at integer,             -- the carer texted STOP: nothing is sent there until START
  removed_at integer,
  removed_by text,
  primary key (patient_id, phone),
  check (may_report >= answers_for)
) strict, without rowid;
create index carer_by_phone on carer (phone) where removed_at is null;
create unique index carer_proxy on carer (patient_id) where answers_for = 1 and removed_at is null;

-- For whoever has this number, whatever number the patient has when it leaves: an answer to a carer, a carer's copy.
alter table message add column pinned integer not null default 0;
-- The carer who texted it, by the name of that day.
alter table message add column carer text;
