-- What actions did at a trigger: when each began and ended, its error, and the beginning of what it wrote to its console.
create table action_executions (
  id         text primary key,
  trigger    text not null,
  status     text not null check (status in ('final', 'partial', 'canceled', 'suspended')),
  results    jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index action_executions_oldest on action_executions (created_at);
