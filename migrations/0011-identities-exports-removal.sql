-- What is deleted with many users behind it is hidden at once and removed in batches.
alter table connections add column deleted_at timestamptz;
create index connections_deleted on connections (deleted_at) where deleted_at is not null;
-- The name is free again while the users are still being removed.
alter table connections drop constraint connections_name_key;
create unique index connections_name on connections (name) where deleted_at is null;

alter table clients add column deleted_at timestamptz;
create index clients_deleted on clients (deleted_at) where deleted_at is not null;
-- What a client leaves behind, found without reading all.
create index campaigns_client on campaigns (client_id) where client_id is not null;
create index oidc_payloads_client on oidc_payloads (client_id) where model in ('Grant', 'RefreshToken');

-- A user's invitations and arrivals go with the user: without an index each removal would read all of them.
create index invitations_user on invitations (user_id);
create index arrivals_user on arrivals (user_id);

-- An identity that was linked to a user stays in this table, hidden, under its own id: the indexes that keep e-mails, usernames and
-- phone numbers unique in a user store then hold for identities too, at no cost for an import, and its password stays with it.
alter table users add column linked_to text references users (id) on delete cascade;
alter table users add column linked_at timestamptz;
create index users_linked on users (linked_to, linked_at, id) where linked_to is not null;
alter table users add constraint users_linked_at check ((linked_to is null) = (linked_at is null));

-- The file of an export, compressed, a batch of users at a time. `after_id` is where the next batch begins.
create table export_chunks (
  job_id        text not null references jobs (id) on delete cascade,
  number        integer not null,
  row_count     integer not null,
  after_id      text not null,
  payload       bytea not null,
  primary key (job_id, number)
);
