-- Why an unused link doesn't work any more: a newer one was made, or the password was set in another way.
alter table tickets add column superseded_by text
  check (superseded_by in ('newer-link', 'password'));
update tickets set superseded_by = 'newer-link' where superseded_at is not null;
alter table tickets add check ((superseded_at is null) = (superseded_by is null));
