-- Mails to nobody are only written down so that they take as long as others: they go after a day (flows/sweep-leftovers).
create index messages_to_nobody on messages (created_at)
  where invitation_id is null and user_id is null and state = 'canceled';
