-- Organizations: groups of people who log in under one name, with their own user stores, roles and invitations.
-- Made for 100,000 members in one of them: no query walks all members of an organization, but its removal and its count.

create table organizations (
  id            text primary key,
  name          text not null,
  display_name  text,
  branding      jsonb,
  metadata      jsonb,
  token_quota   jsonb,
  -- Once set it is hidden everywhere; its members go in batches, and then it goes too.
  deleted_at    timestamptz,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now()
);
create unique index organizations_name on organizations (name) where deleted_at is null;
create index organizations_display_name on organizations (display_name, id) where deleted_at is null;
create index organizations_created_at on organizations (created_at, id) where deleted_at is null;
create index organizations_deleted on organizations (deleted_at) where deleted_at is not null;

create table organization_members (
  organization_id text not null references organizations (id),
  user_id         text not null references users (id) on delete cascade,
  created_at      timestamptz not null default now(),
  primary key (organization_id, user_id)
);
create index organization_members_user on organization_members (user_id, organization_id);

-- Roles that somebody has within an organization only.
create table organization_member_roles (
  organization_id text not null,
  user_id         text not null,
  role_id         text not null references roles (id) on delete cascade,
  created_at      timestamptz not null default now(),
  primary key (organization_id, user_id, role_id),
  foreign key (organization_id, user_id) references organization_members (organization_id, user_id) on delete cascade
);
create index organization_member_roles_role on organization_member_roles (role_id);

-- The user stores whose people may log in to an organization.
create table organization_connections (
  organization_id            text not null references organizations (id) on delete cascade,
  connection_id              text not null references connections (id) on delete cascade,
  assign_membership_on_login boolean not null default false,
  show_as_button             boolean not null default true,
  is_signup_enabled          boolean not null default false,
  created_at                 timestamptz not null default now(),
  primary key (organization_id, connection_id)
);
create index organization_connections_connection on organization_connections (connection_id);

-- APIs that an application may call in the name of an organization.
create table organization_client_grants (
  organization_id text not null references organizations (id) on delete cascade,
  grant_id        text not null references client_grants (id) on delete cascade,
  created_at      timestamptz not null default now(),
  primary key (organization_id, grant_id)
);
create index organization_client_grants_grant on organization_client_grants (grant_id);

-- Somebody was asked to join. The link's secret is derived from the id and the generation; here is its hash.
create table organization_invitations (
  id              text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  generation      integer not null default 0,
  secret_hash     bytea not null unique,
  client_id       text not null references clients (id) on delete cascade,
  connection_id   text references connections (id) on delete cascade,
  inviter_name    text not null,
  email           text not null,
  app_metadata    jsonb,
  user_metadata   jsonb,
  roles           jsonb not null default '[]',
  -- `refused`: used by somebody who wasn't meant.
  state           text not null default 'pending' check (state in ('pending', 'accepted', 'refused', 'revoked')),
  user_id         text references users (id) on delete set null,
  created_at      timestamptz not null default now(),
  expires_at      timestamptz not null,
  closed_at       timestamptz
);
create index organization_invitations_newest on organization_invitations (organization_id, created_at desc, id desc) where state = 'pending';
create index organization_invitations_client on organization_invitations (client_id);
create index organization_invitations_connection on organization_invitations (connection_id) where connection_id is not null;
create index organization_invitations_user on organization_invitations (user_id) where user_id is not null;
create index organization_invitations_closed on organization_invitations (closed_at) where closed_at is not null;
