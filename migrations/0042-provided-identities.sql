-- An account at an identity provider, and the user or linked identity of this server that it logs in. The key is what the provider says of
-- the account, never its address: (connection, issuer, subject). The e-mail address and the profile are the identity's own copy.
create table provided_identities (
  user_id        text primary key references users (id) on delete cascade,
  connection_id  text not null,
  issuer         text not null check (length(issuer) between 1 and 1000),
  subject        text not null check (length(subject) between 1 and 500),
  profile        jsonb not null,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now()
);
-- One account per key: two first logins at once make one user. The subject first: keys that spread.
create unique index provided_identities_key on provided_identities (subject, connection_id, issuer);

-- Tokens of the provider for the account, encrypted with a key from the environment. They go with the identity.
create table identity_tokens (
  user_id        text primary key references provided_identities (user_id) on delete cascade,
  sealed         bytea not null,
  updated_at     timestamptz not null default now()
);
