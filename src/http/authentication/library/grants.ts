import type { Grant, KoaContextWithOIDC, Session } from 'oidc-provider';
import { organizationGrantId, organizationIn } from '../tokens/tokens.ts';

/**
 * Returns the grant of a login: everything that the client requests, because first-party clients need no consent. There is one grant per
 * session, client and organization. It grows if a later request asks for more.
 */
export async function grantFor(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { oidc } = ctx;
  const { client, session, account } = oidc;
  if (!client || !session || !account) return undefined;
  const organizationId = organizationIn(ctx);
  const { clientId } = client;
  const { accountId } = account;
  const existing = await existingGrant(ctx, knownGrants(session, clientId)[organizationId ?? '']);
  const grant =
    existing ??
    new oidc.provider.Grant({
      accountId,
      clientId,
      ...(organizationId !== null && { jti: organizationGrantId(organizationId) }),
    });
  const before = JSON.stringify([grant.openid, grant.resources]);
  grant.addOIDCScope(oidc.requestParamOIDCScopes);
  for (const [resource, server] of Object.entries(oidc.resourceServers ?? {})) {
    const allowed = [...oidc.requestParamScopes].filter((scope) => server.scopes.has(scope));
    // An access token can have no scopes, but the library treats an empty grant as a refusal.
    grant.addResourceScope(resource, allowed);
  }
  if (existing && before === JSON.stringify([grant.openid, grant.resources])) return existing;
  // The grant must live as long as the tokens that are issued now.
  grant.exp = undefined;
  await grant.save();
  remember(session, { clientId, organizationId, grantId: grant.jti });
  return grant;
}

/** A session's grants for one client, by organization. '' is the key for none. */
type GrantsByOrganization = Record<string, string>;
type Authorization = { grantId?: string; organizationGrants?: GrantsByOrganization };

function knownGrants(session: Session, clientId: string): GrantsByOrganization {
  const authorization: Authorization = session.authorizations?.[clientId] ?? {};
  return authorization.organizationGrants ?? {};
}

/** Stores all grants in the session. The library keeps only a client's last one, but a logout must end those of every organization. */
function remember(
  session: Session,
  {
    clientId,
    organizationId,
    grantId,
  }: { clientId: string; organizationId: string | null; grantId: string },
): void {
  const authorizations: Record<string, Authorization> = { ...session.authorizations };
  authorizations[clientId] = {
    ...authorizations[clientId],
    organizationGrants: { ...knownGrants(session, clientId), [organizationId ?? '']: grantId },
  };
  // Assigning it also makes the library save the session.
  Object.assign(session, { authorizations });
}

/** Returns the IDs of all grants of a session. */
export function grantsOfSession(session: Session): string[] {
  const all = Object.values(session.authorizations ?? {}).flatMap(
    (authorization: Authorization) => [
      ...(authorization.grantId === undefined ? [] : [authorization.grantId]),
      ...Object.values(authorization.organizationGrants ?? {}),
    ],
  );
  return [...new Set(all)];
}

async function existingGrant(
  { oidc }: KoaContextWithOIDC,
  id: string | undefined,
): Promise<Grant | undefined> {
  if (id === undefined) return undefined;
  const grant = await oidc.provider.Grant.find(id);
  return grant?.accountId === oidc.account?.accountId && grant?.clientId === oidc.client?.clientId
    ? grant
    : undefined;
}
