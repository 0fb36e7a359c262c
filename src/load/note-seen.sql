insert into load_seen (portal_id, id, outcome)
select
  portal_id,
  id,
  case
    when verdict in ('inserted', 'updated') then verdict
    when liveness = 'back' then 'updated'
    when verdict in ('kept', 'astray') then 'unchanged'
    else verdict
  end
from load_verdicts;
