-- What hubs last said of themselves. A hub is no device: many devices of many patients speak through it, under ids that
-- begin with its own and a colon. While it is away none of them can be heard.
create table hub (
  id text primary key,
  online integer not null,
  status_at integer not null
) strict, without rowid;

-- Messages that a device profile knows and that say nothing of any patient. They are not journalled, only counted.
create table ignored_message (
  profile text not null,
  topic text not null,
  count integer not null,
  first_at integer not null,
  last_at integer not null,
  primary key (profile, topic)
) strict, without rowid;
