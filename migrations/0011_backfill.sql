-- What the carrier lists and never brought; texts in pieces; what is to be blanked at the carrier.

-- When the sender sent it, where the carrier did not bring it. Nothing: it was brought, and received_at is as good.
alter table inbox add column sent_at integer;
-- A piece of a longer text, as 'number/total'. The last piece stands for the whole and has none.
alter table inbox add column part text;

-- Up to when all that a provider lists is taken in.
create table listing_cursor (
  provider text primary key,
  until integer not null,         -- what was sent before is taken in; nothing was looked at before the first look
  looked_at integer,              -- when the list was last read to its end
  failures integer not null default 0,
  failed_at integer
) strict, without rowid;

-- Received by the provider = received by us: one row a day (UTC, of sending) and provider.
create table listing_day (
  provider text not null,
  day integer not null,           -- epoch milliseconds / 86400000
  listed integer not null,
  kept integer not null,
  late integer not null,          -- of those kept: found in the list, not brought
  looked_at integer not null,
  primary key (provider, day),
  check (listed >= kept and kept >= late and late >= 0)
) strict, without rowid;

-- Keys of texts whose patient was erased, as SHA-256: the list still has them for a while, and they must not come back.
create table forgotten_key (
  digest text primary key,
  at integer not null
) strict, without rowid;

-- Pieces of texts whose other pieces are awaited.
create table text_part (
  event_id text primary key references inbox (id),
  provider text not null,
  sender text not null,
  address text not null,
  reference text not null,
  number integer not null,
  total integer not null,
  body text not null,
  media integer not null,
  sent_at integer,
  received_at integer not null
) strict, without rowid;
create index text_part_of on text_part (sender, reference);

-- Bodies that are to be blanked at the provider, now that they are durable here.
create table redaction (
  provider text not null,
  provider_id text not null,
  due_at integer not null,
  attempts integer not null default 0,
  primary key (provider, provider_id)
) strict, without rowid;
create index redaction_due on redaction (due_at);

-- Whose bodies are to be blanked, as configured; empty: nobody's.
create table redacting (
  provider text primary key
) strict, without rowid;

-- With the very row that makes a text durable, or final, stands that it is to be blanked. Twilio's ids begin with SM or MM.
create trigger redact_inbound after insert on message
when new.direction = 'in' and new.provider_id glob '[SM]M*'
begin
  insert into redaction (provider, provider_id, due_at)
  select provider, new.provider_id, new.created_at from redacting where provider = 'twilio'
  on conflict do nothing;
end;
create trigger redact_outbound after update of state on message
when new.direction = 'out' and new.state in ('delivered', 'undelivered', 'failed') and old.state <> new.state
  and new.provider_id glob '[SM]M*'
begin
  insert into redaction (provider, provider_id, due_at)
  select provider, new.provider_id, 0 from redacting where provider = 'twilio'
  on conflict do nothing;
end;
