-- An application may be allowed one thing at an API for itself, and another for people.
alter table client_grants add column subject_type text not null default 'client' check (subject_type in ('client', 'user'));
update client_grants set subject_type = settings->>'subject_type' where settings->>'subject_type' = 'user';
alter table client_grants drop constraint client_grants_client_id_audience_key;
create unique index client_grants_one on client_grants (client_id, audience, subject_type);
create index client_grants_audience on client_grants (audience, created_at, id);
create index client_grants_oldest on client_grants (created_at, id);

-- Public keys by which an application shows who it is, instead of a secret. Only those that its settings name are in use.
create table client_credentials (
  id            text primary key,
  client_id     text not null references clients (id) on delete cascade,
  name          text not null default '',
  kid           text not null,
  alg           text not null,
  public_jwk    jsonb not null,
  expires_at    timestamptz,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  -- What an application signs names its key by this.
  unique (client_id, kid)
);
create index client_credentials_oldest on client_credentials (client_id, created_at, id);
