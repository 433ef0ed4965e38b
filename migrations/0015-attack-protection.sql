-- Protection against guessing, as far as operators can set it (/attack-protection).
create table attack_protection (
  kind        text primary key,
  settings    jsonb not null,
  updated_at  timestamptz not null default now()
);

-- All counters about one name that somebody logs in with: forgotten together, from whatever address they were counted.
alter table throttles add column subject text;
create index throttles_subject on throttles (subject) where subject is not null;

-- Who may not log in because of too many wrong passwords, for people to read: the counter of the same key refuses.
create table login_blocks (
  key           text primary key,
  subject       text not null,
  connection_id text not null,
  identifier    text not null,
  -- Empty: from everywhere.
  ip            text not null,
  created_at    timestamptz not null,
  ends_at       timestamptz not null
);
create index login_blocks_identifier on login_blocks (identifier, connection_id);
create index login_blocks_subject on login_blocks (subject);
create index login_blocks_old on login_blocks (ends_at);

-- A link that lifts the blocks of one person.
alter table tickets drop constraint tickets_kind_check;
alter table tickets add constraint tickets_kind_check
  check (kind in ('password-change', 'email-verification', 'factor-enrollment', 'account-unblock'));
