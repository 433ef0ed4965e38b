import { createHmac } from 'node:crypto';
import { type Claims, emailOf, pictureOf, subjectOf, textOf } from './claims.ts';
import { clientOf } from './generic-openid.ts';
import { getJson } from './get-json.ts';
import { type Proved, strategyFrom } from './openid.ts';
import { listOption, objectOption, textOption } from './option-values.ts';
import { understandable } from './token-answers.ts';

const VERSION = 'v24.0';
const ISSUER = 'https://www.facebook.com';
const GRAPH = `https://graph.facebook.com/${VERSION}`;
const FIELDS = 'id,name,first_name,last_name,email,picture.width(200).height(200)';

/** https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow */
export const facebook = strategyFrom({
  server: () => ({
    kind: 'fixed',
    metadata: {
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/${VERSION}/dialog/oauth`,
      token_endpoint: `${GRAPH}/oauth/access_token`,
    },
  }),
  client: clientOf,
  scopes: ({ options }) => {
    const scopes = listOption(options, 'scope');
    return scopes.length === 0 ? ['public_profile', 'email'] : scopes;
  },
  responseMode: () => 'query',
  // Its ordinary login has neither.
  pkce: () => 'none',
  hasNonce: () => false,
  // Facebook remembers that a person has declined a permission.
  params: (_provider, { prompt }): Record<string, string> =>
    prompt?.includes('consent') ? { auth_type: 'rerequest' } : {},
  fetch: understandable,
  async identity(proved) {
    const person = await personOf(proved);
    const subject = subjectOf(person.id);
    const email = emailOf(person.email);
    const picture = objectOption(objectOption(person, 'picture'), 'data');
    return {
      issuer: ISSUER,
      subject,
      userIdPart: subject,
      email,
      // Facebook does not say whether it has verified the address.
      emailVerified: false,
      isAuthoritative: false,
      profile: {
        name: textOf(person.name) ?? email,
        givenName: textOf(person.first_name),
        familyName: textOf(person.last_name),
        nickname: email?.slice(0, email.lastIndexOf('@')) ?? null,
        picture: picture.is_silhouette === true ? null : pictureOf(picture.url),
      },
      claims: person,
    };
  },
});

/** The proof shows that the token has not been stolen from another application: https://developers.facebook.com/docs/graph-api/security */
function personOf(proved: Proved): Promise<Claims> {
  const secret = textOption(proved.provider.options, 'client_secret') ?? '';
  const proof = createHmac('sha256', secret)
    .update(proved.accessToken ?? '')
    .digest('hex');
  const query = new URLSearchParams({ fields: FIELDS, appsecret_proof: proof });
  return getJson(proved, `${GRAPH}/me?${query}`);
}
