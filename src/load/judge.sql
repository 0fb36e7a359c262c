-- The newest copy of each engagement in load_keys, those of one run, upon what the earlier runs left: in load_state where
-- this load met the engagement before, else in the tables.
-- $1: the number of the run; $2: its API; $3: the association kinds that it tells of, null for all; $4: whether the tables
-- are what earlier runs left (else the load begins with the first run); $5, $6: engagement type -> the first full run that
-- covers it, of this load and after this run; $7: whether the tables may hold redacted e-mails; $8: the runs whose redacted
-- e-mails are accepted; $9: what a redacted text looks like.
-- unnest(array[…]) keeps Postgres from working out the same CASE again wherever its column is used.
insert into load_state (
  portal_id, id, run_no, line, type, updated_at, archived_at, api, content_hash, extracted_at, redacted,
  associations, labels, attachments, relinked, deleted_at, gone_no, was_deleted_at,
  seen_no, verdict, withheld, was_live, died_no
)
select
  portal_id,
  id,
  case when takes then $1::int else old_run_no end,
  case when takes then line else old_line end,
  case when takes then type else old_type end,
  case when takes then updated_at else old_updated_at end,
  case when takes then archived_at else old_archived_at end,
  case when takes then $2::text else old_api end,
  case when takes then content_hash else old_content_hash end,
  case when takes then extracted_at else old_extracted_at end,
  case when takes then redacted else old_redacted end,
  new_associations,
  new_labels,
  case when links then attachments else old_attachments end,
  old_relinked or relinks,
  case when rejected then old_deleted_at else archived_at end,
  case
    when rejected and old_gone_no is distinct from $1::int then old_gone_no
    when rejected or archived_at is null then ($6::jsonb ->> (case when takes then type else old_type end))::int
  end,
  was_deleted_at,
  $1::int,
  case
    when rejected or verdict = 'inserted' then verdict
    when takes or links and relinks or not was_live and archived_at is null then 'updated'
    when verdict = 'older' then 'older'
    else 'unchanged'
  end,
  verdict = 'withheld',
  was_live,
  case when not rejected and old_deleted_at is null and old_gone_no < $1::int then old_gone_no end
from (
  select
    *,
    links and (old_associations, old_labels, old_attachments) is distinct from (new_associations, new_labels, attachments)
      as relinks
  from (
    select
      *,
      unnest(array[case
        when not links then old_associations
        when old_id is null or old_associations = associations or $3::text[] is null then associations
        -- Of the kinds that the run does not tell of, what was there.
        else (
          select coalesce(string_agg(pair, e'\x04' order by split_part(pair, e'\x03', 1) collate "C", split_part(pair, e'\x03', 2)::bigint), '')
          from (
            select distinct pair
            from unnest(string_to_array(associations, e'\x04') || string_to_array(old_associations, e'\x04')) as pair
            where pair = any (string_to_array(associations, e'\x04'))
              or split_part(pair, e'\x03', 1) <> all ($3::text[])
          ) as pairs
        )
      end]) as new_associations,
      case
        when not links then old_labels
        when old_id is null or old_labels = labels or old_labels = '' then labels
        -- v1 knows no labels: they stay as long as the associations do.
        else (
          select coalesce(string_agg(entry, e'\x04' order by split_part(entry, e'\x03', 1) collate "C", split_part(split_part(entry, e'\x03', 2), e'\x05', 1)::bigint), '')
          from (
            select distinct entry
            from unnest(string_to_array(labels, e'\x04') || string_to_array(old_labels, e'\x04')) as entry
            where entry = any (string_to_array(labels, e'\x04'))
              or split_part(entry, e'\x03', 1) <> all ($3::text[])
              or $2::text = 'v1' and split_part(entry, e'\x05', 1) = any (string_to_array(associations, e'\x04'))
          ) as entries
        )
      end as new_labels
    from (
      select
        *,
        verdict in ('inserted', 'updated') as takes,
        verdict in ('inserted', 'updated', 'same') as links,
        old_id is not null and old_deleted_at is null and coalesce(old_gone_no >= $1::int, true) as was_live
      from (
        select
          new.*,
          old.id as old_id,
          old.run_no as old_run_no,
          old.line as old_line,
          old.type as old_type,
          old.updated_at as old_updated_at,
          old.archived_at as old_archived_at,
          old.api as old_api,
          old.content_hash as old_content_hash,
          old.extracted_at as old_extracted_at,
          old.redacted as old_redacted,
          old.associations as old_associations,
          old.labels as old_labels,
          old.attachments as old_attachments,
          coalesce(old.relinked, false) as old_relinked,
          old.deleted_at as old_deleted_at,
          old.gone_no as old_gone_no,
          old.was_deleted_at,
          unnest(array[case
            when new.rejected then 'rejected'
            when old.id is null then 'inserted'
            when old.redacted and not new.redacted then 'updated'
            when (coalesce(new.updated_at, '-infinity'), new.extracted_at)
               < (coalesce(old.updated_at, '-infinity'), old.extracted_at) then 'older'
            when new.redacted and not old.redacted then 'withheld'
            when old.api = $2::text and old.content_hash = new.content_hash then 'same'
            -- The other API's copy of the same change: the row keeps its content and takes the links.
            when old.api <> $2::text and old.updated_at is not distinct from new.updated_at
              and (old.archived_at is null) = (new.archived_at is null) then 'same'
            else 'updated'
          end]) as verdict
        from (
          select distinct on (portal_id, id) *
          from load_keys
          order by portal_id, id, rejected, updated_at desc nulls last, extracted_at desc, line desc
        ) as new
        left join (
          select
            portal_id, id, run_no, line, type, updated_at, archived_at, api, content_hash, extracted_at, redacted,
            associations, labels, attachments, relinked, deleted_at, gone_no, was_deleted_at
          from load_state
          where (portal_id, id) in (select portal_id, id from load_keys)
          union all
          select
            e.portal_id, e.id, null, null, e.type, e.updated_at, e.archived_at, e.api, e.content_hash, e.extracted_at,
            $7::boolean and e.type like '%EMAIL'
              and coalesce(substring(e.raw_page from '^(.*)/') <> all ($8::text[]), true)
              and (coalesce(e.metadata ->> 'html' ~ $9::text, false) or coalesce(e.metadata ->> 'text' ~ $9::text, false)
                or coalesce(e.body_preview ~ $9::text, false)),
            coalesce(a.associations, ''), coalesce(a.labels, ''), coalesce(f.attachments, ''),
            false, e.deleted_at, ($5::jsonb ->> e.type)::int, e.deleted_at
          from engagements as e
          left join (
            select
              portal_id, engagement_id,
              string_agg(object_type || e'\x03' || object_id::text, e'\x04'
                order by object_type collate "C", object_id) as associations,
              string_agg(object_type || e'\x03' || object_id::text || e'\x05'
                || (select string_agg(label, e'\x05' order by n) from unnest(labels) with ordinality as l (label, n)), e'\x04'
                order by object_type collate "C", object_id) filter (where labels <> '{}') as labels
            from engagement_associations
            where (portal_id, engagement_id) in (select portal_id, id from load_keys)
            group by portal_id, engagement_id
          ) as a on a.portal_id = e.portal_id and a.engagement_id = e.id
          left join (
            select portal_id, engagement_id, string_agg(file_id::text, ',' order by file_id) as attachments
            from engagement_attachments
            where (portal_id, engagement_id) in (select portal_id, id from load_keys)
            group by portal_id, engagement_id
          ) as f on f.portal_id = e.portal_id and f.engagement_id = e.id
          where $4::boolean
            and (e.portal_id, e.id) in (select portal_id, id from load_keys)
            and not exists (select from load_state as s where s.portal_id = e.portal_id and s.id = e.id)
        ) as old on old.portal_id = new.portal_id and old.id = new.id
        where not new.rejected or old.id is not null
      ) as compared
    ) as judged
  ) as linked
) as counted
on conflict (portal_id, id) do update set
  run_no = excluded.run_no,
  line = excluded.line,
  type = excluded.type,
  updated_at = excluded.updated_at,
  archived_at = excluded.archived_at,
  api = excluded.api,
  content_hash = excluded.content_hash,
  extracted_at = excluded.extracted_at,
  redacted = excluded.redacted,
  associations = excluded.associations,
  labels = excluded.labels,
  attachments = excluded.attachments,
  relinked = excluded.relinked,
  deleted_at = excluded.deleted_at,
  gone_no = excluded.gone_no,
  seen_no = excluded.seen_no,
  verdict = excluded.verdict,
  withheld = excluded.withheld,
  was_live = excluded.was_live,
  died_no = excluded.died_no;
