-- Those that the chosen copy has and the table has not. $1: the verdicts to act on.
insert into engagement_associations (portal_id, engagement_id, object_type, object_id)
select s.portal_id, s.id, kind.key, object_id.value::bigint
from load_verdicts as v
join load_staging as s on s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
cross join lateral jsonb_each(s.associations::jsonb) as kind
cross join lateral jsonb_array_elements_text(kind.value) as object_id
where v.verdict = any ($1::text[]) and s.associations <> '{}'
on conflict do nothing;
