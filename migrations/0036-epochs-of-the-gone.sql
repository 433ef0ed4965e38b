-- Of somebody who is deleted the number stays until nothing that was handed out to them can live any more, so that none of it counts for
-- another user with the same id. A sweep removes it then.
alter table login_epochs add column gone_at timestamptz;
update login_epochs set gone_at = now() where not exists (select 1 from users where users.id = login_epochs.user_id);
create index login_epochs_gone on login_epochs (gone_at) where gone_at is not null;
