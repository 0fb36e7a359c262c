-- Rows that have the content of their copy already need not be written.
update load_state as s
set run_no = null
from {table} as e
where e.portal_id = s.portal_id and e.id = s.id and s.run_no is not null
  and e.content_hash = s.content_hash and e.api = s.api and e.extracted_at = s.extracted_at;
