-- Programs of the operator that run at a trigger, such as a login. An action has a draft; deploying it makes a version, which is what runs.
create table actions (
  id              text primary key,
  name            text not null unique,
  trigger         text not null,
  trigger_version text not null,
  -- The draft.
  code            text not null,
  dependencies    jsonb not null,
  runtime         text not null,
  -- A list of names, encrypted values and moments of the last change.
  secrets         jsonb not null,
  created_at      timestamptz not null,
  updated_at      timestamptz not null
);
create index actions_oldest on actions (created_at, id);

create table action_versions (
  id              text primary key,
  action_id       text not null references actions (id) on delete cascade,
  number          integer not null,
  deployed        boolean not null,
  code            text not null,
  dependencies    jsonb not null,
  runtime         text not null,
  secrets         jsonb not null,
  created_at      timestamptz not null,
  unique (action_id, number)
);
create unique index action_versions_one_deployed on action_versions (action_id) where deployed;

-- Which actions run at a trigger, in their order. An action cannot be bound twice.
create table action_bindings (
  id           text primary key,
  trigger      text not null,
  position     integer not null,
  action_id    text not null unique references actions (id) on delete cascade,
  display_name text not null,
  created_at   timestamptz not null,
  updated_at   timestamptz not null,
  unique (trigger, position)
);
