-- One row a set of readings instead of one a number: what was measured together is stored, moved and withdrawn
-- together, and a message costs one row. Sets are appended; the index by day keeps what a busy day touches small.

create table reading_set (
  day integer not null,           -- taken_at / 86400000
  patient_id text not null,
  taken_at integer not null,
  set_id text not null,           -- the event
  numbers text not null,          -- JSON: [vital, seq, value or null, 'low' or 'high' or null] each
  received_at integer not null,
  claimed_at integer,             -- what the device's clock said when it was not believed
  basis text not null check (basis in ('device', 'received')),
  source text not null check (source in ('text', 'device')),
  device_id text,
  state text not null check (state in ('accepted', 'unconfirmed', 'withdrawn', 'flagged'))
) strict;

insert into reading_set (day, patient_id, taken_at, set_id, numbers, received_at, claimed_at, basis, source, device_id,
  state)
select day, patient_id, taken_at, set_id,
       json_group_array(json_array(vital, seq, value, beyond) order by rank, vital, seq),
       received_at, claimed_at, basis, source, device_id, state
from (select *, case vital when 'systolic' then 0 when 'diastolic' then 1 else 2 end as rank from reading)
group by day, patient_id, taken_at, set_id, received_at, claimed_at, basis, source, device_id, state
order by set_id;

drop view v_reading;
drop table reading;
create index reading_set_by_day on reading_set (day, patient_id);

-- One row a number. `seq` tells a vital's repeats in one set apart.
create view reading (day, patient_id, taken_at, set_id, vital, seq, value, beyond, received_at, claimed_at, basis,
  source, device_id, state) as
select s.day, s.patient_id, s.taken_at, s.set_id, n.value ->> 0, n.value ->> 1, cast(n.value ->> 2 as real),
       n.value ->> 3, s.received_at, s.claimed_at, s.basis, s.source, s.device_id, s.state
from reading_set s, json_each(s.numbers) n;

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
