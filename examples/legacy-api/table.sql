create table users (
  id bigint generated always as identity primary key,
  -- In lower case.
  email text not null unique,
  confirmed boolean not null default false,
  name text,
  plan text,
  -- Salt and scrypt hash in hex, with a colon between them.
  password text not null
);
