-- What readings that came in time have shown of an alert: what staff and patient were told. Late ones tell nobody.

alter table alert add column timely text check (timely in ('advice', 'amber', 'red'));
alter table alert add column timely_at integer;
update alert set timely = severity, timely_at = last_at where late = 0;

