-- The hosted pages of an invitation keep a flow, too, while a second factor is missing. Their invitation may name no application.
alter table invitation_flows alter column client_id drop not null;
