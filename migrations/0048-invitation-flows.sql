-- A person on the way from a link to an account, on a page of the application. What was entered waits here and has no effect before the
-- flow completes. There are no secrets in it: passwords are hashed, secrets of authenticator applications encrypted, and codes derived.
create table invitation_flows (
  id text primary key,
  kind text not null check (kind in ('invitation', 'reset', 'sign-up')),
  -- The invitation's id or the ticket's. A sign-up has nothing before it: its own id.
  subject_id text not null,
  client_id text not null,
  -- Of the secret that the browser keeps.
  secret_hash bytea not null,
  -- Every change is guarded by it, so that of many at once one counts.
  version integer not null default 0 check (version >= 0),
  state jsonb not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  completed_at timestamptz
);

create unique index invitation_flows_by_secret on invitation_flows (secret_hash);
-- One flow at a time: a second browser with the same link must ask to take over.
create unique index invitation_flows_under_way on invitation_flows (kind, subject_id) where completed_at is null;
create index invitation_flows_by_end on invitation_flows (expires_at);

-- A handoff for a page of the application travels in an address: it lives for a minute, belongs to one request of the application where
-- the page names it, and says which proofs the flow has seen.
alter table arrivals
  add column amr jsonb check (jsonb_typeof(amr) = 'array'),
  add column request_hash bytea;
