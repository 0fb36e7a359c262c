-- What the archive does not hold. $1: the portal.
delete from {table} as t
where t.portal_id = $1::bigint
  and not exists (select from load_state as s where s.portal_id = t.portal_id and s.id = t.{id});
