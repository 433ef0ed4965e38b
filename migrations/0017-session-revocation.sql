-- A session or refresh token that was ended through the API stays until it would have expired: a request that is on its way with it
-- may write it once more, and must not bring it back.
alter table oidc_payloads add column revoked_at timestamptz;
-- The session in which a code or token was issued (a hash, like every id here).
alter table oidc_payloads add column session_uid text;
create index oidc_payloads_session on oidc_payloads (session_uid) where session_uid is not null;
