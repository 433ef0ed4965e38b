import { domainOf, isPublicMail } from '../../platform/email-address/email-address.ts';
import type { Connection } from '../../records/connections/connections.ts';
import {
  type Campaign,
  emailPolicyOf,
  type Invitation,
} from '../../records/invitations/invitations.ts';
import type { User } from '../../records/users/users.ts';
import type { AcceptableInvitation, WrongAccount } from './proof.ts';

/** An account that may accept an invitation. */
export type FittingAccount = {
  account: User;
  /** Whether it has the invited address, which the link proves. */
  isProvedByLink: boolean;
};

/**
 * Returns which of a person's accounts may accept an invitation, or `null`. Only verified addresses count, except the invited one: the
 * link was mailed there. A blocked account proves nothing, also if it is linked to a user who is not blocked.
 * @param accounts the user and the identities that are linked to it
 */
export function fittingAccount(
  {
    invitation,
    campaign,
    connections,
  }: {
    invitation: Pick<Invitation, 'email'>;
    campaign: Pick<Campaign, 'plan'>;
    connections: Pick<Connection, 'id'>[];
  },
  accounts: User[],
): FittingAccount | null {
  const allowed = accounts.filter(
    ({ connectionId, blocked }) => !blocked && connections.some(({ id }) => id === connectionId),
  );
  const invited = allowed.find((account) => account.email === invitation.email);
  if (invited !== undefined) return { account: invited, isProvedByLink: true };
  const account = allowed.find(
    ({ email, emailVerified }) =>
      email !== null && emailVerified && takesAddress({ invitation, campaign }, email),
  );
  return account === undefined ? null : { account, isProvedByLink: false };
}

/** Returns whether the invitation's policy takes a verified address. */
export function takesAddress(
  {
    invitation,
    campaign,
  }: { invitation: Pick<Invitation, 'email'>; campaign: Pick<Campaign, 'plan'> },
  email: string,
): boolean {
  switch (emailPolicyOf(campaign.plan)) {
    case 'same':
      return email === invitation.email;
    case 'same_domain':
      // An invitation may be from before such domains were refused.
      return (
        email === invitation.email ||
        (domainOf(email) === domainOf(invitation.email) && !isPublicMail(email))
      );
    case 'any_verified':
      return true;
  }
}

/** Returns the outcome for an account that the invitation does not take. */
export function wrongAccount(
  view: AcceptableInvitation,
  who: { userId: string | null; address: string | null },
): WrongAccount {
  return { ...view, ...who, kind: 'wrong-account', policy: emailPolicyOf(view.campaign.plan) };
}
