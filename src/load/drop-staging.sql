drop table load_staging, load_verdicts;
