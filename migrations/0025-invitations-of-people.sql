-- An invitation belongs to the person and not to the link: how it was accepted, where that is known.
alter table invitations add column accepted_by text
  check (accepted_by in ('link', 'login', 'reset', 'passwordless', 'sign_up'));

-- The one look that every sign-in takes for what is still promised to an address.
create index invitations_promised on invitations (email, client_key) where state = 'pending';
