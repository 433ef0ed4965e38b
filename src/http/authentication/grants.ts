import type { Grant, KoaContextWithOIDC } from 'oidc-provider';

/**
 * What the user lets this client have: everything it asks for, since our own clients need no consent. One grant per
 * session and client, which grows when a later request asks for more.
 */
export async function grantFor(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { oidc } = ctx;
  const { client, session, account } = oidc;
  if (!client || !session || !account) return undefined;
  const existing = await existingGrant(ctx, session.grantIdFor(client.clientId));
  const grant =
    existing ??
    new oidc.provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  const before = JSON.stringify([grant.openid, grant.resources]);
  grant.addOIDCScope(oidc.requestParamOIDCScopes);
  for (const [resource, server] of Object.entries(oidc.resourceServers ?? {})) {
    const allowed = [...oidc.requestParamScopes].filter((scope) => server.scopes.has(scope));
    // An access token without scopes is still one: the library takes an empty grant for a refusal.
    grant.addResourceScope(resource, allowed);
  }
  if (existing && before === JSON.stringify([grant.openid, grant.resources])) return existing;
  // It must live as long as what is about to be issued.
  grant.exp = undefined;
  await grant.save();
  return grant;
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
