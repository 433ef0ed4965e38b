-- Which login has accepted an invitation: only its ID token carries the invitation's data, at that application. Both secrets are hashes.
create table accepting_logins (
  invitation_id text primary key references invitations (id) on delete cascade,
  user_id       text not null references users (id) on delete cascade,
  client_id     text,
  -- The handoff from the page to the login, until a login has used it.
  handoff_hash  bytea,
  session_hash  bytea,
  expires_at    timestamptz not null
);
create index accepting_logins_handoff on accepting_logins (handoff_hash) where handoff_hash is not null;
create index accepting_logins_session on accepting_logins (session_hash) where session_hash is not null;
create index accepting_logins_user on accepting_logins (user_id);
create index accepting_logins_expires on accepting_logins (expires_at);
