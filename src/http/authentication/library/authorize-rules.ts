import { decodeJwt } from 'jose';
import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { isProviderStrategy } from '../../../outbound/social/social.ts';
import type { Db } from '../../../platform/db/db.ts';
import { connectionsOfClient, isPasswordless } from '../../../records/connections/connections.ts';
import type { LibraryClients } from '../clients/clients.ts';

/** Returns the policy of prompts. There is only a login: it also satisfies a requested consent or choice of account. */
export function promptPolicy(): interactionPolicy.DefaultPolicy {
  const prompts = interactionPolicy.base();
  prompts
    .get('login')
    ?.checks.add(
      new interactionPolicy.Check(
        'account_gone',
        'End-User authentication is required',
        'login_required',
        (ctx) => ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined,
      ),
    );
  prompts.get('login')?.checks.add(
    new interactionPolicy.Check(
      'login_ticket',
      'End-User authentication is required',
      'login_required',
      // The person of the ticket logs in, also if another one has a session in this browser.
      ({ oidc }) => oidc.params?.login_ticket !== undefined && oidc.result?.login === undefined,
    ),
  );
  // The text that Auth0's clients show or compare.
  for (const check of prompts.get('login')?.checks ?? []) check.description = 'Login required';
  prompts.get('consent')?.checks.clear();
  prompts.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 1);
  return prompts;
}

/** Returns the middleware that runs after the validation of a request and before any prompt. */
export function beforeInteractions(clients: LibraryClients) {
  return (ctx: KoaContextWithOIDC): void => {
    const { client, params } = ctx.oidc;
    if (!client || !params) return;
    if (!clients.recordOf(client).settings.isFirstParty) {
      throw new errors.ConsentRequired(
        'This is a third-party application. Usher does not support consent yet.',
      );
    }
    // The library drops offline_access without `prompt=consent` (OpenID Connect Core 11), which Auth0's clients never send.
    const { response_type: type } = params;
    const withCode = typeof type !== 'string' || type.split(' ').includes('code');
    const asked = askedScope(ctx).split(' ');
    if (asked.includes('offline_access') && withCode && client.grantTypeAllowed('refresh_token')) {
      params.scope = [...new Set([...ctx.oidc.requestParamScopes, 'offline_access'])].join(' ');
    }
  };
}

/** Returns the requested scope, from the address or a pushed request (RFC 9126). */
function askedScope({ oidc, query }: KoaContextWithOIDC): string {
  const pushed = oidc.entities.PushedAuthorizationRequest?.request;
  const { scope } = typeof pushed === 'string' ? decodeJwt(pushed) : (oidc.body ?? query);
  return typeof scope === 'string' ? scope : '';
}

/** Refuses a connection that is not enabled for the client, if the login is for no organization. */
export function knownConnection(db: Db) {
  return async (
    ctx: KoaContextWithOIDC,
    name: string | undefined,
    client: { clientId: string },
  ): Promise<void> => {
    // An organization's connections are checked with the organization.
    if (!name || ctx.oidc.params?.organization) return;
    const found = (await connectionsOfClient(db, client.clientId)).find(
      (connection) => connection.name === name,
    );
    const isKnown = found && (isPasswordless(found) || isProviderStrategy(found.strategy));
    if (isKnown || found?.strategy === 'auth0') return;
    throw new errors.InvalidRequest('the connection was not found');
  };
}
