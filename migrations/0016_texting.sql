-- Words of texts that were kept for as long as they had to be, and are removed. Rows, ids, keys and times stay: what comes
-- again is still known, and whoever asks is told when the words were removed and under which rule.

create table retention_run (
  at integer primary key,         -- when it began; the rows that it emptied name it
  raw_texts_days integer not null,
  journalled integer not null default 0,
  messages integer not null default 0,
  reports integer not null default 0,
  ended_at integer                -- nothing: it was cut off; what it did is counted all the same
) strict;

alter table inbox add column emptied_at integer;
alter table message add column emptied_at integer;
