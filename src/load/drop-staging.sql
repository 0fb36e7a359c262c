drop table load_keys, load_state, load_rows;
