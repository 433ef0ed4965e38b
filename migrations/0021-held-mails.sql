-- Since when a mail waits because of something that its operator must put right: the sender, the account at the mail server, or the server
-- itself. Such a try is not counted against the mail.
alter table messages add column held_since timestamptz;
create index messages_held on messages (held_since) where held_since is not null;
