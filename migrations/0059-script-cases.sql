-- Recorded questions to the legacy user store of a connection, and what it answered last. Up to twenty per connection.
create table script_cases (
  connection_id text not null references connections (id) on delete cascade,
  name          text not null,
  -- Such as login.
  script        text not null,
  -- Encrypted: the arguments.
  args          bytea not null,
  -- Encrypted: the outcome, whose profile it was, and findings.
  result        bytea not null,
  tried_at      timestamptz not null,
  created_at    timestamptz not null,
  primary key (connection_id, name)
);
