-- What leaves for staff, and what they answer from their phones.

alter table message add column subject text;            -- of a mail

-- However many texts wait for patients, a notification of staff is found at once.
create index message_notification_due on message (due_at) where due_at is not null and purpose = '"notification"';

-- Wrong codes from one phone. After too many in a while it is answered no more, and no code from it counts.
create table staff_phone (
  phone text primary key,
  wrong integer not null default 0,
  since integer not null                                -- when the first of them came
) strict, without rowid;
