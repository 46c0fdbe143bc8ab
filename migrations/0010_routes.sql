-- Several providers at once: which one a text is with, what it costs, and how much went out lately.

-- Waiting: who is to be tried next, or nobody in particular. Held, doubtful, sent and after: who has it, or may have it.
alter table message add column provider text;
-- How many parts it went out in; nothing before it was first handed over.
alter table message add column segments integer;
alter table message_event add column provider text;

-- Until now Twilio was the only one that gave texts ids of its own, or could leave one in doubt.
update message set provider = 'twilio'
where direction = 'out' and channel = 'sms' and (provider_id is not null or state in ('sending', 'ambiguous'));
update message_event set provider = 'twilio';

-- An id means one text within one provider only.
drop index message_by_provider;
create unique index message_by_provider on message (provider_id, provider)
  where provider_id is not null and direction = 'out';

-- What a number was sent lately, and what left on which day.
create index message_by_address on message (address, attempted_at, segments) where segments is not null;
create index message_by_sending on message (sent_at) where segments is not null;
create index message_event_by_message on message_event (message_id) where message_id is not null;
-- Amber advice overtakes what is routine.
create index message_amber_due on message (due_at) where due_at is not null and purpose = '{"reply":"amber"}';

-- Segments handed over, by stretches of ten minutes.
create table spent (
  slot integer primary key,       -- epoch milliseconds / 600000
  segments integer not null
) strict;

-- Numbers at which texts came back as to nobody. A text that arrives takes its number off.
create table doubtful_number (
  phone text primary key,
  since integer not null,
  error_code integer
) strict, without rowid;
