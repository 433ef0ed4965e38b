-- What is over goes after a while (flows/sweep-leftovers), the longest ago first.
create index tickets_expiry on tickets (expires_at);
create index invitations_end on invitations (expires_at);
create index messages_over on messages (created_at)
  where invitation_id is null and state in ('sent', 'failed', 'canceled');
create index messages_over_of_invitations on messages (created_at)
  where invitation_id is not null and state in ('sent', 'failed', 'canceled');
