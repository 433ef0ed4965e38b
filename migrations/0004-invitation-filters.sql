-- Invitations of one job or one application that stand in one state, counted and listed from the index alone: without these a
-- job of fifty thousand was read whole to find the few that expired.
create index invitations_campaign_state on invitations (campaign_id, state, created_at desc, id desc) include (expires_at);
create index invitations_client_state on invitations (client_key, state, created_at desc, id desc) include (expires_at);
