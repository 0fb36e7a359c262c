-- How many live rows the run's deletion notices are about; the same rows as in delete-noticed.sql.
select count(*) from load_verdicts as v
join engagements as e on e.portal_id = v.portal_id and e.id = v.id
where v.liveness = 'gone' and v.verdict <> 'inserted' and e.deleted_at is null
  and e.raw_page collate "C" < $2::text
  and not exists (
    select from engagement_returns as r
    where r.portal_id = e.portal_id and r.engagement_id = e.id and r.run > $1::text
  );
