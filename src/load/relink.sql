-- Rows that keep their words but take the other API's associations and attachments: that copy is now the one that last
-- changed them, so that an older one does not take these back.
update engagements as e
set api = s.api, content_hash = s.content_hash, extracted_at = s.extracted_at, raw_page = s.raw_page
from load_verdicts as v
join load_staging as s on s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
where v.verdict = 'relinked' and e.portal_id = v.portal_id and e.id = v.id;
