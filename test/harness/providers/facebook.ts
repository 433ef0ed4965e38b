import { createHmac } from 'node:crypto';
import { type Person, type StandIn, startStandIn } from './stand-in.ts';
import { createCodes, PROVIDER_CLIENT } from './tokens.ts';

const VERSION = '/v24.0';

export const ADA_AT_FACEBOOK: Person = {
  id: '10220000000000001',
  name: 'Ada Lovelace',
  first_name: 'Ada',
  last_name: 'Lovelace',
  email: 'ada@example.com',
  picture: { data: { url: 'https://images.example.com/ada.jpg', is_silhouette: false } },
};

/** A person who has an account with a phone number only. */
export const BOB_AT_FACEBOOK: Person = {
  id: '10220000000000002',
  name: 'Bob Phone',
  first_name: 'Bob',
  last_name: 'Phone',
};

/**
 * Facebook, after https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow and
 * https://developers.facebook.com/docs/graph-api/guides/secure-requests: no ID token, errors in an object, `appsecret_proof` required.
 */
export function startFacebook(
  people: Person[] = [ADA_AT_FACEBOOK, BOB_AT_FACEBOOK],
): Promise<StandIn> {
  const codes = createCodes();
  const { clientId, clientSecret } = PROVIDER_CLIENT;
  const failure = (message: string) => ({
    status: 400,
    body: { error: { message, type: 'OAuthException', code: 100, fbtrace_id: 'A1' } },
  });
  return startStandIn({
    authorizePath: `${VERSION}/dialog/oauth`,
    origins: ['https://www.facebook.com', 'https://graph.facebook.com'],
    people,
    denial: {
      error: 'access_denied',
      error_code: '200',
      error_description: 'Permissions error',
      error_reason: 'user_denied',
    },
    answer: (login) => ({ code: codes.codeFor(login) }),
    route(asked) {
      if (asked.path === `${VERSION}/oauth/access_token`) {
        const login = codes.take(asked, (id, secret) => id === clientId && secret === clientSecret);
        if (typeof login === 'string') return failure(`Error validating: ${login}`);
        const token = codes.accessTokenFor(login.person);
        return { body: { access_token: token, token_type: 'bearer', expires_in: 5_183_944 } };
      }
      if (asked.path !== `${VERSION}/me`) return undefined;
      const person = codes.personOf(asked);
      const token = (asked.headers.authorization ?? '').replace('Bearer ', '');
      const proof = createHmac('sha256', clientSecret).update(token).digest('hex');
      if (person === undefined) return failure('Invalid OAuth access token.');
      if (asked.params.appsecret_proof !== proof)
        return failure('API calls require appsecret_proof');
      return { body: person };
    },
  });
}
