import { type ClientCredentials, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { runCredentialsActions } from '../../../flows/run-credentials-actions/run-credentials-actions.ts';
import type { Db } from '../../../platform/db/db.ts';
import type { Actions } from '../../../steps/run-actions/run-actions.ts';
import type { Catalog } from '../clients/clients.ts';
import { oauthError } from '../oauth-error.ts';
import { noteEffects } from './login-effects.ts';

export type CredentialsDeps = { db: Db; catalog: Catalog; actions: Actions; publicUrl: string };

/**
 * Runs the scripts of `credentials-exchange` for a token that an application gets for itself, and gives it their claims and scopes.
 * @throws the OAuth error with which they refuse it
 */
export async function runScriptsOfCredentials(
  deps: CredentialsDeps,
  ctx: KoaContextWithOIDC,
  { token, organizationId }: { token: ClientCredentials; organizationId: string | null },
): Promise<void> {
  const { clientId = '', aud } = token;
  const audience = typeof aud === 'string' ? aud : '';
  const client = await deps.catalog.client(clientId);
  if (client === null) return;
  const scopes = [...token.scopes];
  const decision = await runCredentialsActions(deps, { client, audience, scopes, organizationId });
  if (decision.kind === 'none') return;
  if (decision.kind === 'refused') {
    const { error, description } = decision;
    if (error === 'invalid_scope') throw new errors.InvalidScope(description, '');
    throw oauthError(error === 'server_error' ? 500 : 400, error, description);
  }
  noteEffects(ctx, {
    idToken: {},
    accessToken: decision.claims,
    addedScopes: [],
    removedScopes: [],
  });
  // A script could give its operator more than the operator has: scopes of the management API are not its to give.
  if (audience !== `${deps.publicUrl}/api/v2/`) token.scope = decision.scopes.join(' ');
}
