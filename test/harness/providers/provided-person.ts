import type { ProvidedIdentity } from '../../../src/outbound/social/social.ts';

let count = 0;

/** What a provider proves of a new person. Without `about`, Google does, with a verified address. */
export function aProvidedPerson(about: Partial<ProvidedIdentity> = {}): ProvidedIdentity {
  count += 1;
  const subject = about.subject ?? `1000${count}`;
  return {
    issuer: 'https://accounts.google.com',
    subject,
    userIdPart: subject,
    email: `person${count}@provided.test`,
    emailVerified: true,
    isAuthoritative: true,
    profile: {
      name: 'Ada Byron',
      givenName: 'Ada',
      familyName: 'Byron',
      nickname: 'ada',
      picture: 'https://pictures.test/ada.png',
    },
    claims: {},
    tokens: { accessToken: null, refreshToken: null, idToken: null, expiresAt: null, scope: null },
    ...about,
  };
}
