-- It holds what deletion notices tell, too.
comment on table engagement_returns is 'Engagements that came back, or were told to be gone, by a copy that is not the row''s: what a replay of older runs must know.';
comment on column engagement_returns.run is 'The run that told so last.';
