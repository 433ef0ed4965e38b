-- A login may wait at its end, too: for the answer of a user who is offered a passkey.
alter table pending_logins add column waits_for text not null default 'factor' check (waits_for in ('factor', 'passkey'));
