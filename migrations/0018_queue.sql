-- Whose place in the queue may have changed, in the order in which it did: whoever keeps the queue's order in memory while
-- somebody reads through it reads on from there. A number is never used twice, also when whoever had it is erased.
create table queue_change (
  seq integer primary key autoincrement,
  patient_id text not null unique
) strict;

create trigger queue_alert_opened after insert on alert begin
  delete from queue_change where patient_id = new.patient_id;
  insert into queue_change (patient_id) values (new.patient_id);
end;

create trigger queue_alert_changed
after update of severity, state, opened_at, worsened_at, acknowledged_by, lapses_at, snoozed_until, snooze on alert
when new.severity <> old.severity or new.state <> old.state or new.opened_at <> old.opened_at
  or new.worsened_at is not old.worsened_at or new.acknowledged_by is not old.acknowledged_by
  or new.lapses_at is not old.lapses_at or new.snoozed_until is not old.snoozed_until or new.snooze is not old.snooze
begin
  delete from queue_change where patient_id = new.patient_id;
  insert into queue_change (patient_id) values (new.patient_id);
end;

create trigger queue_patient_changed after update of team, synthetic on patient
when (new.team is not old.team or new.synthetic <> old.synthetic)
  and exists (select 1 from alert where patient_id = new.id and state <> 'resolved')
begin
  delete from queue_change where patient_id = new.id;
  insert into queue_change (patient_id) values (new.id);
end;
