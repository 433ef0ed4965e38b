-- How often the invited person has requested a new link, and when last.
alter table invitations
  add column renewals integer not null default 0,
  add column renewed_at timestamptz;
-- Also: given at once to a person who had an account.
alter table invitations drop constraint invitations_accepted_by_check;
alter table invitations add constraint invitations_accepted_by_check
  check (accepted_by in ('link', 'login', 'reset', 'passwordless', 'sign_up', 'identity', 'passkey', 'grant'));
