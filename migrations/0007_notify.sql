-- What leaves for staff, and what they answer from their phones.

alter table message add column subject text;            -- of a mail

-- Wrong codes from one phone. After too many in a while it is answered no more, and no code from it counts.
create table staff_phone (
  phone text primary key,
  wrong integer not null default 0,
  since integer not null                                -- when the first of them came
) strict, without rowid;
