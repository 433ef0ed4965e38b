-- Programs of the operator in the older forms: rules run at a login, one after the other; a hook runs at its trigger.
create table rules (
  id         text primary key,
  name       text not null unique,
  script     text not null,
  position   integer not null unique,
  enabled    boolean not null,
  created_at timestamptz not null
);

-- Values that all rules read.
create table rules_configs (
  key        text primary key,
  -- Encrypted.
  value      bytea not null,
  updated_at timestamptz not null
);

create table hooks (
  id           text primary key,
  name         text not null unique,
  trigger      text not null,
  script       text not null,
  dependencies jsonb not null,
  enabled      boolean not null,
  -- Encrypted values by name.
  secrets      jsonb not null,
  created_at   timestamptz not null
);
create index hooks_oldest on hooks (created_at, id);
create unique index hooks_one_enabled on hooks (trigger) where enabled;
