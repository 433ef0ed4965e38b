import type { ProvidedIdentity } from '../../outbound/social/social.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { VerifiedPasskey } from '../../records/authentication-methods/authentication-methods.ts';
import type { Connection } from '../../records/connections/connections.ts';
import type { EmailPolicy } from '../../records/invitations/invitations.ts';
import type { User } from '../../records/users/users.ts';
import type { DirectoryDeps } from '../../steps/ask-directory/ask-directory.ts';
import type {
  ChosenPassword,
  RefusedPassword,
} from '../../steps/choose-password/choose-password.ts';
import type { SignInDeps } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import type { Found, InvitationView, LoginInvitation, OpenInvitation } from './view-invitation.ts';

export type AcceptDeps = SignInDeps & DirectoryDeps & { enqueue: Enqueue };

/** How a person who follows the link shows who they are. The link itself proves the invited address. */
export type Proof =
  /** A new password, for a person who has none: as typed, or one that was checked and hashed before. */
  | { kind: 'password'; password: string | ChosenPassword; connectionId?: string }
  /**
   * An account that exists.
   * @param hasLoggedIn whether a login led here, and not an older session alone
   * @param amr the methods of that login (RFC 8176). Absent: a password
   */
  | { kind: 'account'; userId: string; hasLoggedIn: boolean; amr?: string[] }
  /**
   * An identity that a provider has just proved to this browser.
   * @param tokenKey encrypts the provider's tokens
   */
  | { kind: 'identity'; connection: Connection; identity: ProvidedIdentity; tokenKey: Buffer }
  /** A code that was mailed to this address, and is used up. The connection is one for codes by email. */
  | { kind: 'code'; connection: Connection; recipient: string }
  /** A passkey that was just registered, for a person who has no password. */
  | { kind: 'passkey'; passkey: VerifiedPasskey; connectionId?: string };

/** An acceptance that the link opens now. */
export type AcceptableInvitation = OpenInvitation | LoginInvitation;

export type AcceptedInvitation = Found & {
  kind: 'done';
  /** The account that was proved: the person, or an identity that is linked to the person. */
  user: User;
  /** Who has accepted. */
  userId: string;
  /** One-time secret that logs the user in at the application; `null` for a blocked user. */
  handoff: string | null;
};

/** The account is not one that this invitation takes. The invitation stays open. */
export type WrongAccount = Found & {
  kind: 'wrong-account';
  policy: EmailPolicy;
  /** Who has shown the account, if it is a user here. */
  userId: string | null;
  /** The address of the account, if it has one. */
  address: string | null;
};

export type AcceptOutcome =
  | AcceptedInvitation
  | { kind: 'refused'; why: RefusedPassword; view: OpenInvitation }
  | WrongAccount
  | Exclude<InvitationView, OpenInvitation>;
