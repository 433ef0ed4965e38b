-- What the scripts of connections wrote to their consoles, and how they failed: the newest ten days.
create table script_runs (
  id            text primary key,
  connection_id text not null references connections (id) on delete cascade,
  -- Such as login.
  script        text not null,
  -- returned, failed, timed-out, …
  outcome       text not null,
  problem       text not null,
  -- A list of levels and texts.
  lines         jsonb not null,
  took_ms       integer not null,
  ran_at        timestamptz not null
);
create index script_runs_newest on script_runs (connection_id, ran_at desc, id desc);
create index script_runs_oldest on script_runs (ran_at);
