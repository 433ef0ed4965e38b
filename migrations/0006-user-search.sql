-- Searches of users. Every index here is also written by an import, so there are as few as serve the documented fields; what has
-- none (logins_count, last_ip, wildcards at the beginning of a word) is read through within the time limit of a search.

-- Byte order: the unique indexes that exist then serve prefixes too (email:jane*), whatever the database's own collation is.
alter table users alter column email type text collate "C";
alter table users alter column username type text collate "C";
alter table users alter column phone_number type text collate "C";

-- Not partial: the planner uses what it knows about an expression's values only from a whole index.
create index users_email_domain on users (split_part(email, '@', -1));
-- Names are found in any case.
create index users_name on users (lower(name) collate "C");
create index users_given_name on users (lower(given_name) collate "C");
create index users_family_name on users (lower(family_name) collate "C");
create index users_nickname on users (lower(nickname) collate "C");
-- A hash of each path with its value: exact matches at any depth.
create index users_app_metadata on users using gin (app_metadata jsonb_path_ops) where app_metadata is not null;
create index users_user_metadata on users using gin (user_metadata jsonb_path_ops) where user_metadata is not null;
create index users_connection on users (connection_id);
create index users_created_at on users (created_at);
-- Nothing to write for those who are imported.
create index users_last_login on users (last_login) where last_login is not null;
create index users_blocked on users (id) where blocked;
