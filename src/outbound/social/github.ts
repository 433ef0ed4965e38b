import { type Claims, emailOf, pictureOf, subjectOf, textOf } from './claims.ts';
import { BadStatus } from './failures.ts';
import { clientOf } from './generic-openid.ts';
import { getJson } from './get-json.ts';
import { type Proved, strategyFrom } from './openid.ts';
import { listOption } from './option-values.ts';
import { understandable } from './token-answers.ts';

const SITE = 'https://github.com';
const API = 'https://api.github.com';
/** Nobody can send mail there. */
const NO_REPLY = '@users.noreply.github.com';

/** https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps */
export const github = strategyFrom({
  server: () => ({
    kind: 'fixed',
    metadata: {
      issuer: SITE,
      authorization_endpoint: `${SITE}/login/oauth/authorize`,
      token_endpoint: `${SITE}/login/oauth/access_token`,
    },
  }),
  client: clientOf,
  scopes: ({ options }) => [
    ...new Set(['read:user', 'user:email', ...listOption(options, 'scope')]),
  ],
  responseMode: () => 'query',
  pkce: () => 'S256',
  hasNonce: () => false,
  fetch: understandable,
  async identity(proved) {
    const person = await getJson(proved, `${API}/user`);
    // The login name can be renamed, and taken by another person.
    const subject = subjectOf(Number.isSafeInteger(person.id) ? String(person.id) : undefined);
    const verified = await verifiedAddress(proved);
    const email = withoutNoReply(verified ?? emailOf(person.email));
    const username = textOf(person.login);
    return {
      // An Enterprise Server has ids of its own.
      issuer: proved.addressOf(SITE),
      subject,
      userIdPart: subject,
      email,
      emailVerified: email !== null && email === verified,
      isAuthoritative: false,
      profile: {
        name: textOf(person.name) ?? username,
        givenName: null,
        familyName: null,
        nickname: username,
        picture: pictureOf(person.avatar_url),
        ...(username !== null && { username }),
      },
      claims: person,
    };
  },
});

/** Returns the primary address if GitHub has verified it. The address in the profile is a public one that may be unverified. */
async function verifiedAddress(proved: Proved): Promise<string | null> {
  let list: unknown;
  try {
    list = await getJson<unknown>(proved, `${API}/user/emails`);
  } catch (error) {
    // An app without the permission to read addresses.
    if (error instanceof BadStatus && error.status < 500) return null;
    throw error;
  }
  const entries: Claims[] = Array.isArray(list) ? list.map((each) => ({ ...Object(each) })) : [];
  const primary = entries.find((each) => each.primary === true && each.verified === true);
  return emailOf(primary?.email);
}

function withoutNoReply(email: string | null): string | null {
  return email?.endsWith(NO_REPLY) ? null : email;
}
