-- Proof of what was done, and that somebody is there: the audit trail as a chain that only grows, the texts of all
-- clinical files that were ever in force, what the auditor found, and patients who are none.

-- The rows from before are chained into the new table by the program, in this transaction.
drop index audit_by_subject;
alter table audit rename to audit_before;

create table audit (
  seq integer primary key,
  at integer not null,
  actor text not null,
  action text not null,
  subject text not null,
  detail text not null,           -- JSON, without clinical words
  prev text not null,             -- the hash of the row before
  hash text not null              -- over all other columns
) strict;
create index audit_by_subject on audit (subject, seq);
create index audit_by_actor on audit (actor, seq);
create index audit_by_action on audit (action, seq);

create trigger audit_no_update before update on audit
begin select raise(abort, 'the audit trail is never changed'); end;
create trigger audit_no_delete before delete on audit
begin select raise(abort, 'the audit trail is never cut'); end;
-- "insert or replace" deletes without asking the trigger above, so a row must also be the next one.
create trigger audit_next before insert on audit
when new.seq is not (select coalesce(max(seq), 0) + 1 from audit)
  or new.prev is not coalesce((select hash from audit order by seq desc limit 1),
    '0000000000000000000000000000000000000000000000000000000000000000')
begin select raise(abort, 'the audit trail only grows at its end'); end;

-- Every rule, protocol, wording and site file by its content, from the first time it came into force.
create table file_version (
  hash text not null,             -- what alerts and prompts name as the version
  kind text not null check (kind in ('rule', 'protocol', 'wording', 'site')),
  name text not null,             -- its path below its folder
  text text not null,
  activated_at integer not null,
  primary key (kind, name, hash)
) strict, without rowid;

-- When a reading that was read back was accepted or withdrawn: until then no rule counted it.
alter table reading_set add column settled_at integer;

-- What the auditor found. One row a finding from when it was first seen until it was gone.
create table finding (
  id integer primary key,
  kind text not null,
  subject text not null,
  detail text not null,           -- one sentence; never a name, number or reading
  withholds integer not null,     -- the outside heartbeat stops while it stands
  since integer not null,
  last_at integer not null,
  repaired_at integer,            -- when the auditor last set it right, if it can
  over_at integer
) strict;
create unique index finding_standing on finding (kind, subject) where over_at is null;
create index finding_by_time on finding (since);

-- Lamplight's own patient, whose readings prove that the way in is open. Nobody is notified of them, nothing is counted.
alter table patient add column synthetic integer not null default 0;
create trigger watch_of_people before insert on watch
when (select synthetic from patient where id = new.patient_id) = 1
begin select raise(ignore); end;
create trigger message_of_people before insert on message
when new.direction = 'out' and (select synthetic from patient where id = new.patient_id) = 1
begin select raise(ignore); end;
