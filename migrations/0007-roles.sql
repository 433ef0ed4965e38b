-- Roles, and who may do what at which API: by a role or directly. A permission is a scope of an API.
create table roles (
  id            text primary key,
  name          text not null unique,
  description   text,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now()
);
create index roles_oldest on roles (created_at, id);

create table role_permissions (
  role_id            text not null references roles (id) on delete cascade,
  resource_server_id text not null references resource_servers (id) on delete cascade,
  permission         text not null,
  primary key (role_id, resource_server_id, permission)
);
create index role_permissions_api on role_permissions (resource_server_id, permission);

create table user_roles (
  user_id       text not null references users (id) on delete cascade,
  role_id       text not null references roles (id) on delete cascade,
  created_at    timestamptz not null default now(),
  primary key (user_id, role_id)
);
-- The members of a role in the order of their ids: a page costs the same wherever it begins.
create index user_roles_role on user_roles (role_id, user_id);

create table user_permissions (
  user_id            text not null references users (id) on delete cascade,
  resource_server_id text not null references resource_servers (id) on delete cascade,
  permission         text not null,
  primary key (user_id, resource_server_id, permission)
);
create index user_permissions_api on user_permissions (resource_server_id, permission);
