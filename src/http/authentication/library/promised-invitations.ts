import { interactionPolicy } from 'oidc-provider';
import { acceptPromisedInvitations } from '../../../flows/log-in/log-in.ts';
import type { AuthenticationDeps } from '../deps.ts';

/**
 * Adds the last step of a login, which shows no page: a user who gets a code, by any login or an older session, accepts the open
 * invitations.
 */
export function withPromisedInvitations(
  prompts: interactionPolicy.DefaultPolicy,
  deps: Pick<AuthenticationDeps, 'db' | 'clock' | 'audit'>,
): interactionPolicy.DefaultPolicy {
  const check = new interactionPolicy.Check(
    'promised',
    'what was promised is given',
    'interaction_required',
    async ({ oidc: { account, client } }) => {
      if (!account || !client) return false;
      const { accountId: userId } = account;
      await acceptPromisedInvitations(deps, { userId, clientId: client.clientId });
      return false;
    },
  );
  prompts.add(new interactionPolicy.Prompt({ name: 'promised', requestable: false }, check));
  return prompts;
}
