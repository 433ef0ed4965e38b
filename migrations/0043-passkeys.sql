-- Passkeys and security keys (Web Authentication Level 3): what a credential of authentication_methods has, and challenges under way.

-- `id` of the credential, base64url.
alter table authentication_methods add column credential_id text;
-- The domain that the credential works at.
alter table authentication_methods add column relying_party text;
-- The public key in COSE form.
alter table authentication_methods add column public_key bytea;
-- The signature counter of the last use, 0 for authenticators without one.
alter table authentication_methods add column sign_count bigint not null default 0;
-- What the authenticator knows the user by: random, the same for all credentials of a user, base64url.
alter table authentication_methods add column user_handle text;
-- A credential belongs to one user.
create unique index authentication_methods_credential on authentication_methods (relying_party, credential_id)
  where credential_id is not null;

create table webauthn_challenges (
  -- The SHA-256 of the browser and the login, or the link, that may answer it. It has one challenge at a time, so that a login leaves one row.
  bound_to       bytea not null,
  ceremony       text not null check (ceremony in ('registration', 'authentication')),
  kind           text not null check (kind in ('passkey', 'webauthn-roaming', 'webauthn-platform')),
  -- The SHA-256 of the challenge.
  hash           bytea not null,
  relying_party  text not null,
  -- Null: nobody is known yet, at a login or a sign-up.
  user_id        text references users (id) on delete cascade,
  user_handle    text,
  needs_verification boolean not null,
  created_at     timestamptz not null,
  expires_at     timestamptz not null,
  primary key (bound_to, ceremony, kind)
);
create index webauthn_challenges_user on webauthn_challenges (user_id) where user_id is not null;
create index webauthn_challenges_expiry on webauthn_challenges (expires_at);
