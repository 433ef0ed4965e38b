import {
  type Connection,
  connectionOfDomain,
  isShownAsButton,
  passkeyRulesOf,
} from '../../records/connections/connections.ts';
import { relyingPartyHere } from '../../steps/verify-passkey/verify-passkey.ts';
import type { AcceptableInvitation } from './proof.ts';
import type { Found } from './view-invitation.ts';

/**
 * Returns whether the pages of an invitation offer one of its providers: it has a button, the invitation names it, its organization uses it,
 * or it is that of the person, by the account or by the domain of the address. The names of others' providers are nobody's business.
 */
export function offersProvider(
  { campaign, organization, invitation, user }: Found,
  connection: Connection,
): boolean {
  return (
    isShownAsButton(connection) ||
    campaign.plan.connectionIds?.includes(connection.id) === true ||
    organization !== null ||
    user?.connectionId === connection.id ||
    connectionOfDomain([connection], invitation.email) !== null
  );
}

/** Returns whether the invited person can accept with a passkey: their connection has passkeys, and one belongs to the domain of this page. */
export function takesOwnPasskey(
  { publicUrl }: { publicUrl: string },
  { connections, user, own }: AcceptableInvitation,
): boolean {
  const party = relyingPartyHere(publicUrl);
  const store = connections.find(({ id }) => id === user?.connectionId);
  if (party === null || store === undefined) return false;
  return passkeyRulesOf(store).isEnabled && own.passkeyDomains.includes(party.id);
}
