import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { type Campaign, findCampaigns } from './campaigns.ts';
import {
  type Invitation,
  type InvitationRow,
  invitationColumns,
  invitationFromRow,
} from './invitation-row.ts';

/** An invitation with the campaign that it belongs to. */
export type InvitationOfCampaign = { invitation: Invitation; campaign: Campaign };

/** Returns the invitations in their order, each with its campaign. */
export async function withCampaigns(
  db: Db,
  invitations: Invitation[],
): Promise<InvitationOfCampaign[]> {
  const ids = new Set(invitations.map((invitation) => invitation.campaignId));
  const campaigns = ids.size === 0 ? [] : await findCampaigns(db, [...ids]);
  const byId = new Map(campaigns.map((campaign) => [campaign.id, campaign]));
  return invitations.flatMap((invitation) => {
    const campaign = byId.get(invitation.campaignId);
    return campaign ? [{ invitation, campaign }] : [];
  });
}

/** Returns an invitation to this organization that nobody has accepted, declined or revoked, also an expired one. */
export async function findOpenInOrganization(
  db: Db,
  key: { organizationId: string; id: string },
): Promise<InvitationOfCampaign | null> {
  const [found] = await readOpen(db, key.organizationId, sql`and i.id = ${key.id}`);
  return found ?? null;
}

/** Returns a page of what {@link findOpenInOrganization} returns. Default order: newest first. */
export function listOpenInOrganization(
  db: Db,
  page: { organizationId: string; offset: number; limit: number; oldestFirst: boolean },
): Promise<InvitationOfCampaign[]> {
  const direction = sql.raw(page.oldestFirst ? 'asc' : 'desc');
  return readOpen(
    db,
    page.organizationId,
    sql`order by i.created_at ${direction}, i.id ${direction} offset ${page.offset} limit ${page.limit}`,
  );
}

/** A login without an application cannot lead to an organization. An application under deletion serves nobody. */
async function readOpen(
  db: Db,
  organizationId: string,
  rest: RawBuilder<unknown>,
): Promise<InvitationOfCampaign[]> {
  const { rows } = await sql<InvitationRow>`
    select ${invitationColumns('i')} from invitations i
    where i.organization_id = ${organizationId} and i.state = 'pending'
      and exists (select 1 from clients c where c.id = i.client_key and c.deleted_at is null)
    ${rest}`.execute(db);
  return withCampaigns(db, rows.map(invitationFromRow));
}

/**
 * Returns the URL at which the application starts the acceptance. The route keeps its own query, and the parameters for /authorize are
 * added. Returns `null` if the route names metadata that do not exist.
 * @param route where the application starts its login; `{organization_name}`, `{organization.metadata.public_…}` and
 * `{custom_domain.metadata.public_…}` are replaced
 * @param about.domainMetadata metadata of the default domain of links
 */
export function organizationInvitationUrl(
  route: string,
  about: {
    organization: { id: string; name: string; metadata: Record<string, string> | null };
    domainMetadata: Record<string, string>;
  },
  secret: string,
): string | null {
  const { organization, domainMetadata } = about;
  const filled = route.replace(/\{([a-z_]+(?:\.[\w-]+)*)\}/g, (whole, name: string) => {
    if (name === 'organization_name') return organization.name;
    const [, whose, key = ''] =
      /^(organization|custom_domain)\.metadata\.(public_[\w-]+)$/.exec(name) ?? [];
    const known = whose === 'organization' ? organization.metadata : domainMetadata;
    const value = known && Object.hasOwn(known, key) ? known[key] : undefined;
    return value === undefined ? whole : encodeURIComponent(value);
  });
  if (filled.includes('{') || !URL.canParse(filled)) return null;
  const url = new URL(filled);
  url.searchParams.set('invitation', secret);
  url.searchParams.set('organization', organization.id);
  url.searchParams.set('organization_name', organization.name);
  return url.href;
}
