-- A login at an identity provider, from the button to the application. Secrets of the browser and the provider are hashed or encrypted.
create table provider_logins (
  id             text primary key,
  state_hash     bytea not null unique,
  -- The browser in which it began has the secret, in a cookie.
  browser_hash   bytea not null,
  connection_id  text not null references connections (id) on delete cascade,
  -- What it is for, and the nonce and verifier, encrypted.
  begun          bytea not null,
  -- The provider's answer, encrypted. It counts once.
  answer         bytea,
  answered_at    timestamptz,
  used_at        timestamptz,
  -- The proved identity, encrypted, while it waits for the proof of an account that has its address.
  offer          bytea,
  account_id     text,
  settled_at     timestamptz,
  -- The code that was mailed to the account's address.
  code_id        text,
  code_attempts  smallint not null default 0,
  created_at     timestamptz not null default now(),
  expires_at     timestamptz not null
);
create index provider_logins_expires on provider_logins (expires_at);
