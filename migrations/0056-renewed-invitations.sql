-- Operators list the invitations whose people have requested a new link.
create index invitations_renewed on invitations (created_at desc, id desc) where renewals > 0;
