-- Names are found in any case on every database: with the locale C, PostgreSQL's own lower() knows no letters beyond ASCII. The rules of
-- Unicode, which come with PostgreSQL (ICU), decide instead; the order in the indexes stays that of bytes.
drop index users_name;
drop index users_given_name;
drop index users_family_name;
drop index users_nickname;
create index users_name on users (lower(name collate "und-x-icu") collate "C");
create index users_given_name on users (lower(given_name collate "und-x-icu") collate "C");
create index users_family_name on users (lower(family_name collate "und-x-icu") collate "C");
create index users_nickname on users (lower(nickname collate "und-x-icu") collate "C");
drop index logs_user_name;
create index logs_user_name on logs (lower(user_name collate "und-x-icu") collate "C", date, log_id) where user_name is not null;
