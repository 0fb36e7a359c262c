-- An engagement that a run saw again, after it had been found gone, without a newer copy: nothing in its row tells.
create table engagement_returns (
  portal_id     bigint not null,
  engagement_id bigint not null,
  run           text   collate "C" not null,
  primary key (portal_id, engagement_id)
);
alter table load_runs add column withheld bigint not null default 0;
