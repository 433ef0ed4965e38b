import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { acceptPromisedInvitations } from '../../../flows/log-in/log-in.ts';
import { hasSecureCookies } from '../../../platform/cookie-name/cookie-name.ts';
import type { LibraryClients } from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';
import { acceptingHandoff } from './accepting-handoff.ts';
import { secondFactorPrompt } from './second-factor-prompt.ts';

/**
 * Adds the last step of a login, which shows no page: a user who gets a code, by any login or an older session, accepts the open
 * invitations. What they gave, as a role does, may require a second factor: then it is asked for before the code.
 */
export function withPromisedInvitations(
  prompts: interactionPolicy.DefaultPolicy,
  deps: Pick<AuthenticationDeps, 'db' | 'clock' | 'keys' | 'publicUrl' | 'audit'> & {
    clients: LibraryClients;
  },
): interactionPolicy.DefaultPolicy {
  const given = new WeakSet<KoaContextWithOIDC>();
  const check = new interactionPolicy.Check(
    'promised',
    'what was promised is given',
    'interaction_required',
    async (ctx) => {
      const { account, client, session } = ctx.oidc;
      if (!account || !client) return false;
      const { accountId: userId } = account;
      const hasGiven = await acceptPromisedInvitations(deps, {
        userId,
        clientId: client.clientId,
        session: session?.uid ?? null,
        handoff: acceptingHandoff(ctx, hasSecureCookies(deps.publicUrl)),
      });
      if (hasGiven) given.add(ctx);
      return false;
    },
  );
  prompts.add(new interactionPolicy.Prompt({ name: 'promised', requestable: false }, check));
  // An invitation to an organization is accepted by the prompt before.
  const hasGiven = (ctx: KoaContextWithOIDC) => given.has(ctx) || !!ctx.oidc.params?.invitation;
  prompts.add(secondFactorPrompt(deps, hasGiven));
  return prompts;
}
