-- Browsers and networks from which somebody has proved to be the owner of an account: what strangers try does not use up what they are
-- allowed. Only hashes: neither the account nor the place can be read from a row.
create table known_places (
  account  text not null,
  place    text not null,
  seen_at  timestamptz not null,
  primary key (account, place)
);
create index known_places_old on known_places (seen_at);

-- Attempts are counted by account now, whichever of its names was typed: what was counted by name has no effect any more.
delete from login_blocks;
delete from throttles where subject is not null;
