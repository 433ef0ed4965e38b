-- Second factors: what people prove themselves with besides a password, and what is under way.

-- A way to prove who one is. `id` is the part of the wire's id after the bar (`totp|dev_…`).
create table authentication_methods (
  id             text primary key,
  user_id        text not null references users (id) on delete cascade,
  kind           text not null check (kind in ('totp', 'phone', 'email', 'recovery-code', 'push-notification',
                   'webauthn-roaming', 'webauthn-platform', 'passkey')),
  name           text,
  -- False until the person has shown once that it works.
  confirmed      boolean not null default false,
  -- The shared secret of a TOTP application, encrypted.
  secret         bytea,
  -- The SHA-256 of a recovery code.
  code_hash      bytea,
  phone_number   text,
  email          text,
  -- sms or voice, of a phone.
  preferred      text check (preferred in ('sms', 'voice')),
  -- The time step of the last TOTP code that was accepted (RFC 6238, 5.2): none is accepted twice.
  last_step      bigint,
  -- What a security key or passkey says of itself.
  details        jsonb not null default '{}',
  created_at     timestamptz not null,
  enrolled_at    timestamptz,
  updated_at     timestamptz,
  last_auth_at   timestamptz
);
create index authentication_methods_user on authentication_methods (user_id, created_at);
-- One number and one address are enrolled once, and there is one recovery code.
create unique index authentication_methods_phone on authentication_methods (user_id, phone_number)
  where kind = 'phone' and confirmed;
create unique index authentication_methods_email on authentication_methods (user_id, email)
  where kind = 'email' and confirmed;
create unique index authentication_methods_recovery on authentication_methods (user_id)
  where kind = 'recovery-code';

-- A code that was sent to a phone or an address. The code is derived from the id and kept nowhere.
create table factor_challenges (
  id             text primary key,
  -- The SHA-256 of the wire's oob_code.
  secret_hash    bytea not null unique,
  user_id        text not null references users (id) on delete cascade,
  method_id      text not null references authentication_methods (id) on delete cascade,
  channel        text not null check (channel in ('sms', 'voice', 'email')),
  attempts       integer not null default 0,
  created_at     timestamptz not null,
  expires_at     timestamptz not null,
  used_at        timestamptz
);
create index factor_challenges_user on factor_challenges (user_id);
create index factor_challenges_method on factor_challenges (method_id);
create index factor_challenges_expiry on factor_challenges (expires_at);

-- Proof that somebody got as far as the second factor at the token endpoint.
create table mfa_tokens (
  secret_hash    bytea primary key,
  user_id        text not null references users (id) on delete cascade,
  client_id      text not null,
  connection_id  text not null,
  audience       text,
  scope          text,
  -- Whatever else the token endpoint needs when the person comes back.
  context        jsonb not null default '{}',
  created_at     timestamptz not null,
  expires_at     timestamptz not null,
  used_at        timestamptz
);
create index mfa_tokens_user on mfa_tokens (user_id);
create index mfa_tokens_expiry on mfa_tokens (expires_at);

-- A login in a browser between its first and its second factor: nobody is logged in yet.
create table pending_logins (
  id             text primary key,
  -- The login that waits, which belongs to one browser. Whoever starts again takes its place.
  interaction_uid text not null unique,
  user_id        text not null references users (id) on delete cascade,
  amr            jsonb not null,
  -- Whether the person is here to enrol a factor.
  enrolling      boolean not null,
  -- The code that was sent last; a challenge may be gone before the login is.
  challenge_id   text,
  -- Set by the second factor: with what.
  second_amr     text,
  proved_at      timestamptz,
  finished_at    timestamptz,
  created_at     timestamptz not null,
  expires_at     timestamptz not null
);
create index pending_logins_user on pending_logins (user_id);
create index pending_logins_expiry on pending_logins (expires_at);

-- Browsers remembered before this moment are asked for a second factor again.
create table forgotten_browsers (
  user_id        text primary key references users (id) on delete cascade,
  since          timestamptz not null
);

-- Which factors and which policy this server has, and how texts are sent. Secrets inside are encrypted.
create table factor_settings (
  key            text primary key,
  value          jsonb not null,
  updated_at     timestamptz not null
);

-- A one-time link to enrol a factor is a ticket.
alter table tickets drop constraint tickets_kind_check;
alter table tickets add constraint tickets_kind_check
  check (kind in ('password-change', 'email-verification', 'account-unblock', 'factor-enrollment'));
-- What else a ticket is for.
alter table tickets add column details jsonb not null default '{}';
