-- The foundation: user stores, users, jobs, invitations, tickets, the outbox, and what OpenID Connect keeps.
-- Constraints carry the rules; every query has an index. Forward only.

-- A connection is a user store (Auth0's word). Its options are the wire's `options` object.
create table connections (
  id            text primary key,
  name          text not null unique,
  display_name  text,
  strategy      text not null,
  options       jsonb not null default '{}',
  metadata      jsonb,
  realms        jsonb not null default '[]',
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now()
);

-- An application that sends people here. Only the SHA-256 of its secret is kept.
create table clients (
  id            text primary key,
  name          text not null,
  secret_hash   bytea,
  settings      jsonb not null default '{}',
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now()
);

-- Which applications may use which user stores.
create table connection_clients (
  connection_id text not null references connections (id) on delete cascade,
  client_id     text not null references clients (id) on delete cascade,
  primary key (connection_id, client_id)
);
create index connection_clients_client on connection_clients (client_id);

-- An API that tokens are made out to.
create table resource_servers (
  id            text primary key,
  identifier    text not null unique,
  name          text,
  scopes        jsonb not null default '[]',
  settings      jsonb not null default '{}',
  is_system     boolean not null default false,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now()
);

create table client_grants (
  id            text primary key,
  client_id     text not null references clients (id) on delete cascade,
  audience      text not null,
  scope         jsonb not null default '[]',
  settings      jsonb not null default '{}',
  created_at    timestamptz not null default now(),
  -- One grant per application and API.
  unique (client_id, audience)
);

-- Keys that sign tokens. The private part is encrypted with a key from the environment.
create table signing_keys (
  kid           text primary key,
  alg           text not null,
  public_jwk    jsonb not null,
  private_key   bytea not null,
  state         text not null check (state in ('next', 'current', 'previous', 'revoked')),
  created_at    timestamptz not null default now()
);
-- Two nodes starting at once make one current key.
create unique index signing_keys_one_current on signing_keys (alg) where state = 'current';

-- Single values: the mail provider, the first administrator's invitation.
create table settings (
  key           text primary key,
  value         jsonb not null,
  updated_at    timestamptz not null default now()
);

create table email_templates (
  name          text primary key,
  settings      jsonb not null,
  updated_at    timestamptz not null default now()
);

-- No foreign key to connections: ten million checks for nothing. A connection is deleted in batches, users first.
create table users (
  id                  text primary key,
  connection_id       text not null,
  email               text,
  email_verified      boolean not null default false,
  username            text,
  phone_number        text,
  phone_verified      boolean,
  name                text,
  given_name          text,
  family_name         text,
  nickname            text,
  picture             text,
  blocked             boolean,
  app_metadata        jsonb,
  user_metadata       jsonb,
  mfa_factors         jsonb,
  last_ip             text,
  last_login          timestamptz,
  logins_count        integer not null default 0,
  last_password_reset timestamptz,
  -- The import that last wrote this row: a second row for the same person in one file is refused by it.
  import_job_id       text,
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now()
);
-- E-mail first, so that /users-by-email is served by the same index.
create unique index users_email on users (email, connection_id) where email is not null;
create unique index users_username on users (username, connection_id) where username is not null;
create unique index users_phone_number on users (phone_number, connection_id) where phone_number is not null;

create table passwords (
  user_id       text primary key references users (id) on delete cascade,
  kind          text not null check (kind in ('argon2id', 'imported')),
  phc           text,
  imported      jsonb,
  set_at        timestamptz not null default now(),
  check ((kind = 'argon2id') = (phc is not null)),
  check ((kind = 'imported') = (imported is not null))
);

-- Earlier passwords, for the history policy.
create table password_history (
  user_id       text not null references users (id) on delete cascade,
  set_at        timestamptz not null,
  stored        jsonb not null,
  primary key (user_id, set_at)
);

-- What a client sees at /api/v2/jobs/{id}.
create table jobs (
  id              text primary key,
  type            text not null,
  status          text not null check (status in ('uploading', 'pending', 'processing', 'completed', 'failed')),
  connection_id   text,
  connection_name text,
  external_id     text,
  idempotency_key text,
  -- SHA-256 of parameters and file: the same key with another file is refused.
  request_digest  bytea,
  request         jsonb not null default '{}',
  total_rows      bigint not null default 0,
  status_details  text,
  created_at      timestamptz not null default now(),
  stored_at       timestamptz,
  started_at      timestamptz,
  finished_at     timestamptz,
  fetched_at      timestamptz
);
create unique index jobs_idempotency_key on jobs (idempotency_key) where idempotency_key is not null;
create index jobs_active on jobs (created_at) where status in ('uploading', 'pending', 'processing');
create index jobs_finished on jobs (finished_at) where finished_at is not null;

-- A thousand rows of an import, compressed: the unit of one transaction.
create table segments (
  job_id        text not null references jobs (id) on delete cascade,
  number        integer not null,
  first_row     bigint not null,
  row_count     integer not null,
  state         text not null default 'stored' check (state in ('stored', 'done')),
  payload       bytea,
  outcome       bytea,
  inserted      integer not null default 0,
  updated       integer not null default 0,
  failed        integer not null default 0,
  invited       integer not null default 0,
  already       integer not null default 0,
  done_at       timestamptz,
  primary key (job_id, number)
);
create index segments_todo on segments (job_id, number) where state = 'stored';

-- Invitations sent under one plan.
create table campaigns (
  id            text primary key,
  job_id        text,
  client_id     text,
  connection_id text not null,
  plan          jsonb not null default '{}',
  created_at    timestamptz not null default now()
);
create index campaigns_job on campaigns (job_id) where job_id is not null;

-- Our record that someone was asked to join. `expired` is a pending one past its time.
create table invitations (
  id            text primary key,
  campaign_id   text not null references campaigns (id),
  user_id       text not null references users (id) on delete cascade,
  email         text not null,
  client_key    text not null default '',
  generation    integer not null default 0,
  secret_hash   bytea not null unique,
  state         text not null default 'pending' check (state in ('pending', 'accepted', 'declined', 'revoked')),
  data          jsonb,
  expires_at    timestamptz not null,
  created_at    timestamptz not null default now(),
  accepted_at   timestamptz,
  revoked_at    timestamptz
);
-- One open invitation per person and application.
create unique index invitations_one_open on invitations (user_id, client_key) where state = 'pending';
create index invitations_newest on invitations (created_at desc, id desc);
create index invitations_state on invitations (state, created_at desc, id desc);
create index invitations_email on invitations (email);
create index invitations_campaign on invitations (campaign_id, created_at desc, id desc);

-- A one-time link's secret, kept as a hash; the secret itself is derived from the id, so it is stored nowhere.
create table tickets (
  id                        text primary key,
  kind                      text not null check (kind in ('password-change', 'email-verification')),
  secret_hash               bytea not null unique,
  user_id                   text not null references users (id) on delete cascade,
  email                     text,
  client_id                 text,
  organization_id           text,
  result_url                text,
  mark_email_as_verified    boolean not null default false,
  include_email_in_redirect boolean not null default true,
  job_id                    text,
  created_at                timestamptz not null default now(),
  expires_at                timestamptz not null,
  used_at                   timestamptz,
  superseded_at             timestamptz
);
-- Only the newest link of a kind works for a person.
create unique index tickets_one_open on tickets (user_id, kind) where used_at is null and superseded_at is null;
create index tickets_user on tickets (user_id);
create index tickets_job on tickets (job_id, id) where job_id is not null;

-- The outbox: mails still to be sent, and what became of them.
create table messages (
  id            text primary key,
  template      text not null,
  recipient     text not null,
  user_id       text,
  invitation_id text,
  ticket_id     text,
  campaign_id   text,
  data          jsonb,
  state         text not null default 'queued' check (state in ('queued', 'sending', 'sent', 'failed', 'canceled')),
  attempts      integer not null default 0,
  due_at        timestamptz not null default now(),
  lease_until   timestamptz,
  sent_at       timestamptz,
  error         text,
  created_at    timestamptz not null default now()
);
create index messages_due on messages (due_at, id) where state = 'queued';
create index messages_leased on messages (lease_until) where state = 'sending';
create index messages_invitation on messages (invitation_id) where invitation_id is not null;
create index messages_campaign on messages (campaign_id, state) where campaign_id is not null;

-- When the next mail may leave: the pace is shared by all nodes.
create table mail_pace (
  id            integer primary key check (id = 1),
  next_at       timestamptz not null
);
insert into mail_pace (id, next_at) values (1, now());

-- Counters that slow down guessing; a row counts one kind of attempt for one subject in one window.
create table throttles (
  key           text primary key,
  count         integer not null,
  window_ends   timestamptz not null
);
create index throttles_old on throttles (window_ends);

-- What oidc-provider keeps. Ids are bearer secrets, so only their hashes are here.
create table oidc_payloads (
  model         text not null,
  id_hash       text not null,
  payload       jsonb not null,
  account_id    text,
  client_id     text,
  grant_id      text,
  user_code     text,
  uid           text,
  expires_at    timestamptz,
  consumed_at   timestamptz,
  primary key (model, id_hash)
);
create index oidc_payloads_grant on oidc_payloads (grant_id) where grant_id is not null;
create index oidc_payloads_uid on oidc_payloads (model, uid) where uid is not null;
create index oidc_payloads_user_code on oidc_payloads (model, user_code) where user_code is not null;
create index oidc_payloads_account on oidc_payloads (account_id) where account_id is not null;
create index oidc_payloads_expired on oidc_payloads (expires_at) where expires_at is not null;

-- Someone who has just set a password and goes on into the application without typing it again. Used once.
create table arrivals (
  secret_hash   bytea primary key,
  user_id       text not null references users (id) on delete cascade,
  client_id     text,
  created_at    timestamptz not null default now(),
  expires_at    timestamptz not null,
  used_at       timestamptz
);
create index arrivals_old on arrivals (expires_at);
