-- A sign-up on a page of an application, until the person types the code that was mailed to the address. There is no account before.
create table sign_ups (
  id text primary key,
  -- Of the secret that the browser keeps.
  secret_hash bytea not null,
  client_id text not null,
  -- Who asks, with the hash of the password: encrypted.
  sealed bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

create unique index sign_ups_by_secret on sign_ups (secret_hash);
create index sign_ups_by_end on sign_ups (expires_at);
