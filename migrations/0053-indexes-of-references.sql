-- Deleting a connection looks for the logins at its provider.
create index provider_logins_connection on provider_logins (connection_id);
-- The invitations to an organization in any state, newest first: without it, all of them are read for each page.
create index invitations_organization_newest on invitations (organization_id, created_at desc, id desc)
  where organization_id is not null;
