-- Invitations to organizations move to the one record of invitations. Links that were mailed keep working: ids, generations and hashes stay.
insert into campaigns (id, client_id, plan, created_at)
select 'cmp_' || substr(o.id, 6), o.client_id,
  jsonb_build_object(
    'ttlSec', greatest(1, extract(epoch from o.expires_at - o.created_at)::bigint),
    'markEmailVerified', true,
    'inviter', jsonb_build_object('name', o.inviter_name),
    'organizationId', o.organization_id,
    'createUser', 'on_accept',
    'inviteeMay', 'link_only',
    'linkTo', 'login_route')
  || case when o.connection_id is null then '{}' else jsonb_build_object('connectionIds', jsonb_build_array(o.connection_id)) end
  || case when o.app_metadata is null then '{}' else jsonb_build_object('appMetadata', o.app_metadata) end
  || case when o.user_metadata is null then '{}' else jsonb_build_object('userMetadata', o.user_metadata) end
  || case when o.roles = '[]' then '{}' else jsonb_build_object('memberRoles', o.roles) end,
  o.created_at
from organization_invitations o;
-- `refused` was used up by another person than the invited one. Nobody can accept it, as if it was revoked.
insert into invitations (id, campaign_id, email, client_key, organization_id, generation, secret_hash, state, expires_at, created_at,
  accepted_at, accepted_user_id, revoked_at)
select o.id, 'cmp_' || substr(o.id, 6), o.email, o.client_id, o.organization_id, o.generation, o.secret_hash,
  case when o.state = 'refused' then 'revoked' else o.state end, o.expires_at, o.created_at,
  case when o.state = 'accepted' then o.closed_at end,
  case when o.state = 'accepted' then o.user_id end,
  case when o.state in ('revoked', 'refused') then o.closed_at end
from organization_invitations o;
-- Their mails refer to them as those of other invitations do.
update messages set invitation_id = data->>'organization_invitation_id',
  campaign_id = 'cmp_' || substr(data->>'organization_invitation_id', 6), data = null
where template = 'user_invitation' and data ? 'organization_invitation_id';
drop table organization_invitations;
-- The campaign of one invitation ends with it.
create index campaigns_created on campaigns (created_at);
