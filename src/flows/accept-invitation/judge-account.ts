import type { Connection } from '../../records/connections/connections.ts';
import {
  type Campaign,
  emailPolicyOf,
  type Invitation,
} from '../../records/invitations/invitations.ts';
import type { User } from '../../records/users/users.ts';

/** An account that may accept an invitation. */
export type FittingAccount = {
  account: User;
  /** Whether it has the invited address, which the link proves. */
  isProvedByLink: boolean;
};

/**
 * Returns which of a person's accounts may accept an invitation, or `null`. Only verified addresses count, except the invited one: the
 * link was mailed there.
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
  const allowed = accounts.filter(({ connectionId }) =>
    connections.some((connection) => connection.id === connectionId),
  );
  const invited = allowed.find((account) => account.email === invitation.email);
  if (invited !== undefined) return { account: invited, isProvedByLink: true };
  const policy = emailPolicyOf(campaign.plan);
  if (policy === 'same') return null;
  const account = allowed.find(
    ({ email, emailVerified }) =>
      email !== null &&
      emailVerified &&
      (policy === 'any_verified' || domainOf(email) === domainOf(invitation.email)),
  );
  return account === undefined ? null : { account, isProvedByLink: false };
}

function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1);
}
