import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { type Client, findClient, holdClient } from '../../records/clients/clients.ts';
import { findConnection, isPasswordless } from '../../records/connections/connections.ts';
import {
  defaultCustomDomain,
  domainMetadataOf,
} from '../../records/custom-domains/custom-domains.ts';
import {
  type CampaignPlan,
  DEFAULT_INVITATION_TTL_SECONDS,
  findOpenInOrganization,
  type InvitationOfCampaign,
  insertCampaign,
  organizationInvitationUrl,
} from '../../records/invitations/invitations.ts';
import {
  findEnabledConnection,
  type Organization,
} from '../../records/organizations/organizations.ts';
import { missingRoles } from '../../records/roles/roles.ts';
import { tenantSettings } from '../../records/settings/settings.ts';
import { checkPlan } from '../../steps/check-plan/check-plan.ts';
import {
  holdInvitedOrganization,
  invitationObstacle,
  invitePeople,
  PUBLIC_DOMAIN,
} from '../../steps/invite-people/invite-people.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';

export type InviteDeps = { db: Db; clock: Clock; keys: Keys; enqueue: Enqueue };

export type OrganizationInvitationInput = {
  organization: Organization;
  inviterName: string;
  email: string;
  clientId: string;
  connectionId: string | null;
  appMetadata: Record<string, unknown> | null;
  userMetadata: Record<string, unknown> | null;
  /** Lifetime of the invitation, in seconds. `0` means 7 days. */
  ttlSeconds: number;
  roles: string[];
  /** What invitations of Auth0 do not have. */
  acceptance: Pick<
    CampaignPlan,
    'connectionIds' | 'permissions' | 'data' | 'emailPolicy' | 'renewable'
  >;
  sendMail: boolean;
};

const NO_ROUTE =
  'A default login route is required to generate the invitation url. For more information, see https://auth0.com/docs/universal-login/configure-default-login-routes';

/**
 * Invites a person to join an organization. Mails the link unless the caller asks for no mail.
 * @throws Refusal `invalid_body` with Auth0's wording
 */
export async function inviteToOrganization(
  deps: InviteDeps,
  input: OrganizationInvitationInput,
): Promise<InvitationOfCampaign> {
  const { db, clock, keys, enqueue } = deps;
  const { organization, sendMail, clientId } = input;
  refuseProtected({ clientId: input.clientId, connectionId: input.connectionId });
  const email = canonicalEmail(input.email);
  if (email === null) throw wrong('The email of the invitee is not a valid email address.');
  const client = await findClient(db, input.clientId);
  if (client === null) throw wrong('The specified client_id does not exist.');
  if (!['allow', 'require'].includes(String(client.settings.extra.organization_usage))) {
    throw wrong('The specified client_id does not allow organizations.');
  }
  const loginRoute = await loginRouteOf(db, client);
  const domainMetadata = domainMetadataOf(await defaultCustomDomain(db));
  const about = { organization, domainMetadata };
  if (!loginRoute || organizationInvitationUrl(loginRoute, about, '') === null) {
    throw wrong(NO_ROUTE);
  }
  await checkConnection(db, organization.id, input.connectionId);
  const missing = await missingRoles(db, input.roles);
  if (missing.length > 0) {
    throw wrong(`One or more of the specified roles do not exist: ${missing.join(', ')}`);
  }
  const plan = planOf(input);
  await checkPlan(db, { plan, clientId, connectionId: null });
  if (invitationObstacle({ email, blocked: null }, plan) !== null) throw wrong(PUBLIC_DOMAIN);
  return transaction(db, async (tx) => {
    const now = clock.now();
    // From here to the end nobody can delete the application.
    if (!(await holdClient(tx, clientId))) {
      throw new Refusal('client_not_found', 'The client does not exist.');
    }
    if (!(await holdInvitedOrganization(tx, plan))) {
      throw new Refusal('organization_not_found', 'No organization found by that id.');
    }
    const id = await insertCampaign(tx, { clientId, connectionId: null, plan, now });
    const { outcomes, mails } = await invitePeople(tx, {
      campaign: { id, clientId, connectionId: null, plan },
      people: [{ userId: null, email }],
      ticketKey: keys.ticket,
      now,
    });
    if (sendMail) await queueMail(tx, enqueue, mails, now);
    const key = { organizationId: organization.id, id: outcomes[0]?.id ?? '' };
    const made = await findOpenInOrganization(tx, key);
    if (made === null) throw wrong('The specified client_id does not exist.');
    return made;
  });
}

/** As Auth0's invitations to organizations: only the link accepts them, and the acceptance creates the account. */
function planOf(input: OrganizationInvitationInput): CampaignPlan {
  const { organization, inviterName, connectionId, appMetadata, userMetadata, roles } = input;
  return {
    ttlSec: input.ttlSeconds || DEFAULT_INVITATION_TTL_SECONDS,
    markEmailVerified: true,
    inviter: { name: inviterName },
    organizationId: organization.id,
    createUser: 'on_accept',
    inviteeMay: 'link_only',
    linkTo: 'login_route',
    ...input.acceptance,
    ...(connectionId !== null && { connectionIds: [connectionId] }),
    ...(appMetadata !== null && { appMetadata }),
    ...(userMetadata !== null && { userMetadata }),
    ...(roles.length > 0 && { memberRoles: roles }),
  };
}

/** Returns the URL where the acceptance begins, or `null` if neither the application nor the server has a login route. */
export async function loginRouteOf(db: Db, client: Client): Promise<string | null> {
  return client.settings.initiateLoginUri ?? (await tenantSettings(db)).defaultRedirectionUri;
}

async function checkConnection(db: Db, organizationId: string, connectionId: string | null) {
  if (connectionId === null) return;
  const connection = await findConnection(db, connectionId);
  if (connection === null) throw wrong('The specified connection does not exist.');
  if (isPasswordless(connection)) {
    throw wrong('Passwordless connections are not supported.');
  }
  if ((await findEnabledConnection(db, { organizationId, connectionId })) === null) {
    throw wrong(`The specified connection (${connectionId}) is not enabled for the organization`);
  }
}

function wrong(message: string): Refusal {
  return new Refusal('invalid_body', message);
}
