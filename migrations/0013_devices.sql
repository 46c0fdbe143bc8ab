-- Who had a device, from when to when. A reading that comes late belongs to whoever had the device when it was taken.
create table device_binding (
  device_id text not null,          -- no reference: what was had stays on record when the device itself is gone
  since integer not null,
  until integer,                    -- nothing: they still have it
  patient_id text references patient (id), -- nothing: somebody who was erased
  bound_by text not null,
  ended_by text,
  why text not null,
  ended_why text,
  primary key (device_id, since),
  check (until is null or until >= since)
) strict, without rowid;
create unique index device_binding_open on device_binding (device_id) where until is null;
create index device_binding_of on device_binding (patient_id) where patient_id is not null;

insert into device_binding (device_id, since, until, patient_id, bound_by, ended_by, why)
select id, registered_at, max(revoked_at, registered_at), patient_id, registered_by,
       iif(revoked_at is null, null, 'unknown'), 'as registered before bindings were kept'
from device where patient_id is not null;

-- Codes by which a device is paired with a patient. Only their hash is kept; each counts once.
create table device_claim (
  hash text primary key,
  patient_id text not null references patient (id),
  issued_at integer not null,
  issued_by text not null,
  expires_at integer not null,
  used_at integer,
  device_id text
) strict, without rowid;
create index device_claim_of on device_claim (patient_id, issued_at);

-- Wrong codes, by the device they were tried on and by who tried them.
create table device_claim_try (
  subject text primary key,
  wrong integer not null,
  since integer not null
) strict, without rowid;
