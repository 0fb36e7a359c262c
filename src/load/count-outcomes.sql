-- Of several chunks' words about an engagement, the one that says most.
select outcome, count(*)
from (
  select distinct on (portal_id, id) outcome
  from load_seen
  order by portal_id, id, array_position(array['inserted', 'updated', 'withheld', 'unchanged', 'older'], outcome)
) as engagement
group by outcome;
