-- What logs one person in, e-mail, user name or phone number, is nobody else's in the same user store, as whatever kind.
-- No foreign key to users and no index by user: an import would pay for both, and users are deleted in one place, which knows their names.
create table user_identifiers (
  identifier    text collate "C" not null,
  connection_id text not null,
  user_id       text not null,
  -- The identifier first: keys that spread.
  primary key (identifier, connection_id)
);

-- People from before the rule. Who shares a name with another keeps the account; the name is the one's whom a login would find.
insert into user_identifiers (identifier, connection_id, user_id)
  select email, connection_id, id from users where email is not null on conflict do nothing;
insert into user_identifiers (identifier, connection_id, user_id)
  select phone_number, connection_id, id from users where phone_number is not null on conflict do nothing;
insert into user_identifiers (identifier, connection_id, user_id)
  select username, connection_id, id from users where username is not null on conflict do nothing;

-- Whose names may not be in the one form yet (Unicode, domains, zeros of the trunk), or are another's: the server looks at each once, at
-- its next start, and says who shares a name.
create table users_to_canonicalize (user_id text primary key);
insert into users_to_canonicalize (user_id)
  select id from users where email ~ '[^ -~]' or phone_number is not null
    or (username is not null and not exists (
      select 1 from user_identifiers as held
      where held.identifier = users.username and held.connection_id = users.connection_id and held.user_id = users.id));
