import { interactionPolicy } from 'oidc-provider';
import { grantWhatWasPromised } from '../../../steps/grant-what-was-promised/grant-what-was-promised.ts';
import type { AuthenticationDeps } from '../deps.ts';

/**
 * Adds what comes after everything that could still keep somebody out, and asks nobody anything: whoever gets a code now, by a
 * login of any kind or a session from before, has accepted what they were invited to.
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
      await grantWhatWasPromised(deps, { userId, clientId: client.clientId });
      return false;
    },
  );
  prompts.add(new interactionPolicy.Prompt({ name: 'promised', requestable: false }, check));
  return prompts;
}
