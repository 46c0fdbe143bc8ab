-- How Lamplight behaves in a conversation: whom it must not answer, and what patients go by.

-- Texts of one sender, newest last: what repeats itself is counted over half an hour.
create index inbox_by_sender on inbox (sender, received_at) where edge = 'text';

-- Numbers that our own texts come from. What comes from one of them is kept and never answered.
create table own_number (
  number text primary key,
  since integer not null
) strict, without rowid;

-- What somebody goes by among those who share a phone ("Mum"), beside the name.
alter table patient add column label text;
-- When the patient last texted START, until they leave again.
alter table patient add column returned_at integer;

-- The text shortly before, of the same sender, that said the same: both are kept, and whoever looks can tell.
alter table message add column repeats text;
