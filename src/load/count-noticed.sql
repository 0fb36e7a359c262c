-- How many live rows the run's deletion notices are about.
select count(*) from load_verdicts as v
join engagements as e on e.portal_id = v.portal_id and e.id = v.id
where v.liveness = 'gone' and v.verdict <> 'inserted' and e.deleted_at is null;
