-- Words of texts that were kept for as long as they had to be, and are removed. Rows, ids, keys and times stay: what comes
-- again is still known, and whoever asks is told when the words were removed and under which rule.

create table retention_run (
  at integer primary key,         -- when it began; the rows that it emptied name it
  raw_texts_days integer not null,
  journalled integer not null default 0,
  messages integer not null default 0,
  reports integer not null default 0,
  ended_at integer                -- nothing: it was cut off; what it did is counted all the same
) strict;

alter table inbox add column emptied_at integer;
alter table message add column emptied_at integer;

-- Attachments of a text to us, which are counted and never fetched.
alter table message add column media integer;

-- Texts to a patient that staff have stopped, and started again on the patient's word. What patients text themselves is in
-- the journal.
create table texting_change (
  patient_id text not null references patient (id),
  at integer not null,
  standing text not null check (standing in ('active', 'stopped')),
  by text not null,
  why text not null,              -- why they were stopped, or what the patient said to have them again
  primary key (patient_id, at)
) strict, without rowid;

-- Who is told of who has left, as configured; empty: nobody.
create table consenting (
  provider text primary key
) strict, without rowid;

-- What the provider's own list of who has left is to hold. One row a phone: the last word counts.
create table consent_push (
  phone text primary key,
  patient_id text not null,
  status text not null check (status in ('opt-out', 'opt-in')),
  source text not null check (source in ('opt-out-message', 'opt-in-message', 'offline')),
  at integer not null,
  due_at integer not null,
  attempts integer not null default 0
) strict, without rowid;
create index consent_push_due on consent_push (due_at);

-- With the very row that says so. Nobody is put back who has not come back themselves, by text or by their word to staff.
create trigger consent_of_patient after update of standing on patient
when new.standing <> old.standing and new.phone is not null and new.synthetic = 0 and exists (select 1 from consenting)
  and (new.standing = 'stopped' or new.returned_at is not null and new.returned_at is not old.returned_at)
begin
  insert into consent_push (phone, patient_id, status, source, at, due_at)
  values (new.phone, new.id, iif(new.standing = 'stopped', 'opt-out', 'opt-in'),
          case when exists (select 1 from texting_change t where t.patient_id = new.id and t.at = new.updated_at)
                 then 'offline'
               when new.standing = 'stopped' then 'opt-out-message'
               else 'opt-in-message' end,
          new.updated_at, 0)
  on conflict (phone) do update set patient_id = excluded.patient_id, status = excluded.status,
    source = excluded.source, at = excluded.at, due_at = 0, attempts = 0;
end;
create trigger consent_of_carer after update of stopped_at on carer
when (new.stopped_at is null) <> (old.stopped_at is null) and new.removed_at is null and exists (select 1 from consenting)
begin
  insert into consent_push (phone, patient_id, status, source, at, due_at)
  values (new.phone, new.patient_id, iif(new.stopped_at is null, 'opt-in', 'opt-out'),
          iif(new.stopped_at is null, 'opt-in-message', 'opt-out-message'), coalesce(new.stopped_at, old.stopped_at), 0)
  on conflict (phone) do update set patient_id = excluded.patient_id, status = excluded.status,
    source = excluded.source, at = excluded.at, due_at = 0, attempts = 0;
end;
