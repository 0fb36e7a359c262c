-- A row that was gone is back by such a copy, too.
comment on column load_runs.withheld is 'Redacted e-mails that did not replace contents.';
