-- What signing keys say of themselves, codes to log in with, and devices without a browser.

-- Keys that were made before have no certificate yet; the server makes it when it starts.
alter table signing_keys
  -- PEM.
  add column certificate    text,
  add column current_since  timestamptz,
  add column current_until  timestamptz,
  add column revoked_at     timestamptz;
update signing_keys set current_since = created_at where state = 'current';
-- Two rotations at once make one next key.
create unique index signing_keys_one_next on signing_keys (alg) where state = 'next';

-- A code that was sent to an address or a phone number to log in with. The code is derived from the id and kept nowhere.
create table passwordless_codes (
  id             text primary key,
  connection_id  text not null,
  -- An e-mail in lower case, or a phone number.
  recipient      text not null,
  client_id      text not null,
  attempts       integer not null default 0,
  created_at     timestamptz not null,
  expires_at     timestamptz not null
);
-- A new code takes the place of the one before.
create unique index passwordless_codes_one on passwordless_codes (connection_id, recipient, client_id);
create index passwordless_codes_expiry on passwordless_codes (expires_at);
