-- Codes and links to log in with that were asked for at different addresses stand side by side: what a stranger asks for takes nothing
-- away from the owner.

alter table passwordless_codes add column asked_from text not null default '';
alter table passwordless_links add column asked_from text not null default '';
drop index passwordless_codes_one;
drop index passwordless_links_one;
-- A new one takes the place of the one that was asked for at the same address.
create unique index passwordless_codes_one on passwordless_codes (connection_id, recipient, client_id, asked_from);
create unique index passwordless_links_one on passwordless_links (connection_id, recipient, client_id, asked_from);
