-- What the report reads by default (src/report/types-by-index.sql, daily.sql): the types, the first and last day of each,
-- and a range of days, without touching the table. Not on updated_at: every update changes it, and would then write
-- to every index instead of reusing its page (HOT).
create index engagements_report on engagements (type, created_at) include (portal_id) where deleted_at is null;
