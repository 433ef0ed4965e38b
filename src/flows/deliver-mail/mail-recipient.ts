/** What a mail may say about the person who gets it. A `User` is one. */
export type MailRecipient = {
  /** `null` for a person without an account. */
  id: string | null;
  email: string | null;
  emailVerified: boolean;
  username: string | null;
  name: string | null;
  givenName: string | null;
  familyName: string | null;
  nickname: string | null;
  picture: string | null;
  appMetadata: Record<string, unknown> | null;
  userMetadata: Record<string, unknown> | null;
};

/** Returns the recipient of a mail that goes to an address: the person may have no account, and nothing else is known. */
export function recipientWithoutAccount(
  known: Partial<MailRecipient> & { email: string },
): MailRecipient {
  return {
    id: null,
    emailVerified: false,
    username: null,
    name: null,
    givenName: null,
    familyName: null,
    nickname: null,
    picture: null,
    appMetadata: null,
    userMetadata: null,
    ...known,
  };
}
