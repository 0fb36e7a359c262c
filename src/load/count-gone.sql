-- How many live engagements the load met that a full run did not see afterwards.
select gone_no as run_no, count(*) from load_state where deleted_at is null and gone_no is not null group by gone_no;
