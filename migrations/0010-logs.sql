-- The tenant log: what happened, for operators and for programs that carry it elsewhere.

create table logs (
  -- Digits, larger than that of every row that was there before: see log_head.
  log_id            text collate "C" primary key,
  -- Given where it was noted: a write that is repeated because its answer got lost makes no second row.
  key               text collate "C" not null unique,
  date              timestamptz not null,
  type              text not null,
  description       text,
  user_id           text,
  user_name         text,
  connection_id     text,
  connection        text,
  client_id         text,
  client_name       text,
  organization_id   text,
  organization_name text,
  ip                text,
  user_agent        text,
  hostname          text,
  audience          text,
  scope             text,
  strategy          text,
  strategy_type     text,
  is_mobile         boolean not null default false,
  auth0_client      jsonb,
  details           jsonb
);
-- Newest first, for everything that is searched by name; what has no index here is read through within the time of a search.
create index logs_date on logs (date, log_id);
create index logs_type on logs (type, date, log_id);
create index logs_user on logs (user_id, date, log_id) where user_id is not null;
create index logs_user_name on logs (lower(user_name) collate "C", date, log_id) where user_name is not null;
create index logs_client on logs (client_id, date, log_id) where client_id is not null;
create index logs_ip on logs (ip, date, log_id) where ip is not null;
create index logs_organization on logs (organization_id, date, log_id) where organization_id is not null;

-- The end of the log. Whoever appends holds this row until the commit, so ids become visible in their own order: a reader that
-- has seen one will never miss a smaller one, whatever the clocks of the nodes say and however long a commit takes.
create table log_head (
  id                integer primary key check (id = 1),
  last_at           timestamptz not null,
  last_number       bigint not null
);
insert into log_head (id, last_at, last_number) values (1, now(), 0);

-- What the API shows of a session or refresh token beside what the protocol library keeps sealed: from where and with what it
-- was begun, when it was last seen, and what customers write down about it. Never the secret.
alter table oidc_payloads add column created_at timestamptz;
alter table oidc_payloads add column seen_at timestamptz;
alter table oidc_payloads add column device jsonb;
alter table oidc_payloads add column metadata jsonb;
