-- Analysts count people: Lamplight's own synthetic patient is none. The ledger keeps counting what it sends, for that came in.

create index patient_synthetic on patient (id) where synthetic = 1;

drop view v_reading;
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
from reading
where patient_id not in (select id from patient where synthetic = 1);

drop view v_alert;
create view v_alert (id, patient_id, rule_id, rule_version, severity, state, opened_at, acknowledged_at, resolved_at, outcome) as
select id, patient_id, rule_id, rule_version, severity, state,
       strftime('%Y-%m-%dT%H:%M:%fZ', opened_at / 1000.0, 'unixepoch'),
       strftime('%Y-%m-%dT%H:%M:%fZ', acknowledged_at / 1000.0, 'unixepoch'),
       strftime('%Y-%m-%dT%H:%M:%fZ', resolved_at / 1000.0, 'unixepoch'),
       outcome
from alert
where patient_id not in (select id from patient where synthetic = 1);

drop view v_message;
create view v_message (id, patient_id, direction, channel, state, created_at, sent_at, delivered_at) as
select id, patient_id, direction, channel, state,
       strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch'),
       strftime('%Y-%m-%dT%H:%M:%fZ', sent_at / 1000.0, 'unixepoch'),
       strftime('%Y-%m-%dT%H:%M:%fZ', delivered_at / 1000.0, 'unixepoch')
from message
where patient_id is null or patient_id not in (select id from patient where synthetic = 1);

-- Device profiles are kept by content as well.
create table file_version_next (
  hash text not null,             -- what alerts and prompts name as the version
  kind text not null check (kind in ('rule', 'protocol', 'wording', 'site', 'device')),
  name text not null,             -- its path below its folder
  text text not null,
  activated_at integer not null,
  primary key (kind, name, hash)
) strict, without rowid;
insert into file_version_next select hash, kind, name, text, activated_at from file_version;
drop table file_version;
alter table file_version_next rename to file_version;
