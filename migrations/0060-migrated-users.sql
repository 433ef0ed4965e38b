-- Users whom the legacy directory of their connection has given to us.
create table migrated_users (
  user_id       text primary key references users (id) on delete cascade,
  connection_id text not null,
  -- login: the directory has verified the password. reset: the person asked here for a new password.
  way           text not null check (way in ('login', 'reset')),
  -- Only the profile is here: no password was verified or chosen yet.
  is_partial    boolean not null default false,
  migrated_at   timestamptz not null
);

-- Progress of a migration: all, and those of the last hours and days.
create index migrated_users_by_time on migrated_users (connection_id, migrated_at);

-- Accounts that the legacy directory could not give, the newest thousand of each connection.
create table migration_failures (
  connection_id text not null references connections (id) on delete cascade,
  identifier    text not null,
  -- Such as timed-out or invalid-profile.
  reason        text not null,
  problem       text not null,
  times         integer not null default 1,
  first_at      timestamptz not null,
  last_at       timestamptz not null,
  primary key (connection_id, identifier)
);

create index migration_failures_newest on migration_failures (connection_id, last_at desc);

-- Imported users without a password, who choose one at their first visit, by a link in a mail.
create table awaited_passwords (
  user_id       text primary key references users (id) on delete cascade,
  connection_id text not null
);

create index awaited_passwords_of_connection on awaited_passwords (connection_id);
