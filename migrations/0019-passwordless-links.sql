-- Links to log in with, sent by mail. A link's secret is derived from its id; the table holds the secret's hash.

create table passwordless_links (
  id             text primary key,
  secret_hash    bytea not null,
  connection_id  text not null,
  -- An e-mail in lower case.
  recipient      text not null,
  client_id      text not null,
  -- What the application asked for: the parameters of its request to /authorize.
  params         jsonb not null,
  created_at     timestamptz not null,
  expires_at     timestamptz not null,
  used_at        timestamptz
);
create unique index passwordless_links_secret on passwordless_links (secret_hash);
-- A new link takes the place of the one before.
create unique index passwordless_links_one on passwordless_links (connection_id, recipient, client_id);
create index passwordless_links_expiry on passwordless_links (expires_at);
