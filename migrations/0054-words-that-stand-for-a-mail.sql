-- Whether the provider runs the mailbox, so that its word about the address of `profile` may stand for a mail to it. Of identities from before
-- nothing is known: their next login says it.
alter table provided_identities add column is_authoritative boolean not null default false;
