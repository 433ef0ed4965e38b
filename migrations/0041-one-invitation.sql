-- One record for every invitation: of a user made up front, of an address whose user comes with the acceptance, and to an organization.
alter table campaigns alter column connection_id drop not null;
alter table invitations alter column user_id drop not null;
alter table invitations
  -- The organization that the acceptance makes the person a member of.
  add column organization_id text references organizations (id) on delete cascade,
  -- Who accepted. The invited user may be another one, or none.
  add column accepted_user_id text references users (id) on delete set null,
  add column declined_at timestamptz,
  -- Whether the user was made for this invitation, and so has no other purpose.
  add column made_user boolean not null default false,
  -- The connection in which an address without a user has one open invitation to an application. Null: it may have several.
  add column unique_in text;
update invitations set accepted_user_id = user_id where state = 'accepted';
alter table invitations drop constraint invitations_accepted_by_check;
alter table invitations add constraint invitations_accepted_by_check
  check (accepted_by in ('link', 'login', 'reset', 'passwordless', 'sign_up', 'identity', 'passkey'));
-- Who is invited: a user, or an address.
create unique index invitations_one_open_of_address on invitations (email, client_key, unique_in)
  where state = 'pending' and user_id is null;
create index invitations_organization on invitations (organization_id, state, created_at desc, id desc)
  where organization_id is not null;
create index invitations_accepted_user on invitations (accepted_user_id) where accepted_user_id is not null;
