-- What the wire says about a connection beside its options: whether it shows as a button, and the like.
alter table connections add column settings jsonb not null default '{}';
