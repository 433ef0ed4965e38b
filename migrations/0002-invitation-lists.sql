-- Lists of invitations by application, and of open and expired ones, without reading all of them.
create index invitations_client on invitations (client_key, created_at desc, id desc);
create index invitations_expiry on invitations (expires_at, created_at, id) where state = 'pending';
