-- deleted_at of the rows that keep their content. $1: when the runs of the load started; $2: whether all rows have to be
-- looked at, since the load did not begin with what the tables held.
update {table} as e
set deleted_at = coalesce(s.deleted_at, ($1::timestamptz[])[s.gone_no])
from load_state as s
where e.portal_id = s.portal_id and e.id = s.id
  and ($2::boolean or coalesce(s.deleted_at, ($1::timestamptz[])[s.gone_no]) is distinct from s.was_deleted_at)
  and e.deleted_at is distinct from coalesce(s.deleted_at, ($1::timestamptz[])[s.gone_no]);
