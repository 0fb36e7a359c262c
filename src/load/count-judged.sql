-- What run $1 did, whose keys are those in load_keys.
select verdict, withheld, was_live, deleted_at is null as is_live, died_no, count(*)
from load_state as s
where s.seen_no = $1::int and s.verdict <> 'rejected'
  and (s.portal_id, s.id) in (select portal_id, id from load_keys)
group by verdict, withheld, was_live, is_live, died_no;
