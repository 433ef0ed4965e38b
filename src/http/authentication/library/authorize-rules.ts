import { decodeJwt } from 'jose';
import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { Db } from '../../../platform/db/db.ts';
import { connectionsOfClient, isPasswordless } from '../../../records/connections/connections.ts';
import type { LibraryClients } from '../clients/clients.ts';

/** Login is all we ask for: a consent or a choice of account that is requested is settled by logging in. */
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
  // The words that clients of this wire show or compare.
  for (const check of prompts.get('login')?.checks ?? []) check.description = 'Login required';
  prompts.get('consent')?.checks.clear();
  prompts.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 1);
  return prompts;
}

/** Runs when the request has been checked and before anybody is asked anything. */
export function beforeInteractions(clients: LibraryClients) {
  return (ctx: KoaContextWithOIDC): void => {
    const { client, params } = ctx.oidc;
    if (!client || !params) return;
    if (!clients.recordOf(client).settings.isFirstParty) {
      throw new errors.ConsentRequired(
        'This application belongs to somebody else, and asking for consent is not supported yet.',
      );
    }
    // The library drops offline_access unless consent is prompted for (OpenID Connect Core 11); our clients never ask.
    const { response_type: type } = params;
    const withCode = typeof type !== 'string' || type.split(' ').includes('code');
    const asked = askedScope(ctx).split(' ');
    if (asked.includes('offline_access') && withCode && client.grantTypeAllowed('refresh_token')) {
      params.scope = [...new Set([...ctx.oidc.requestParamScopes, 'offline_access'])].join(' ');
    }
  };
}

/** As it came: in the address, or pushed before (RFC 9126). */
function askedScope({ oidc, query }: KoaContextWithOIDC): string {
  const pushed = oidc.entities.PushedAuthorizationRequest?.request;
  const { scope } = typeof pushed === 'string' ? decodeJwt(pushed) : (oidc.body ?? query);
  return typeof scope === 'string' ? scope : '';
}

/** Refuses the name of a user store that the client may not use, where the login is for no organization. */
export function knownConnection(db: Db) {
  return async (
    ctx: KoaContextWithOIDC,
    name: string | undefined,
    client: { clientId: string },
  ): Promise<void> => {
    // Those of an organization are looked at with it.
    if (!name || ctx.oidc.params?.organization) return;
    const found = (await connectionsOfClient(db, client.clientId)).find((one) => one.name === name);
    if (found?.strategy === 'auth0' || (found && isPasswordless(found))) return;
    throw new errors.InvalidRequest('the connection was not found');
  };
}
