import { type Person, type StandIn, startStandIn } from './stand-in.ts';
import { createCodes, PROVIDER_CLIENT } from './tokens.ts';

/** `emails` is what `/user/emails` lists. */
export const ADA_AT_GITHUB: Person = {
  id: 583231,
  login: 'ada',
  name: 'Ada Lovelace',
  email: 'public@example.com',
  avatar_url: 'https://avatars.example.com/u/583231',
  emails: [
    { email: 'old@example.com', primary: false, verified: true, visibility: null },
    { email: 'ada@example.com', primary: true, verified: true, visibility: 'private' },
  ],
};

/**
 * GitHub, after https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps and
 * https://docs.github.com/rest/users/emails: errors of the token endpoint with status 200, a list of addresses, `User-Agent` required.
 */
export function startGithub(people: Person[] = [ADA_AT_GITHUB]): Promise<StandIn> {
  const codes = createCodes();
  const { clientId, clientSecret } = PROVIDER_CLIENT;
  return startStandIn({
    authorizePath: '/login/oauth/authorize',
    origins: ['https://github.com', 'https://api.github.com'],
    people,
    denial: {
      error: 'access_denied',
      error_description: 'The user has denied your application access.',
    },
    answer: (login) => ({ code: codes.codeFor(login) }),
    route(asked) {
      if (asked.path === '/login/oauth/access_token') {
        const login = codes.take(asked, (id, secret) => id === clientId && secret === clientSecret);
        if (typeof login === 'string') {
          const error =
            login === 'invalid_client' ? 'incorrect_client_credentials' : 'bad_verification_code';
          return { body: { error, error_description: 'The code passed is incorrect or expired.' } };
        }
        const token = codes.accessTokenFor(login.person);
        return {
          body: { access_token: token, scope: 'read:user,user:email', token_type: 'bearer' },
        };
      }
      if (!asked.headers['user-agent'])
        return { status: 403, body: 'Request forbidden by administrative rules.' };
      const person = codes.personOf(asked);
      const { emails, ...user } = person ?? {};
      if (asked.path === '/user') return person ? { body: user } : { status: 401, body: {} };
      if (asked.path !== '/user/emails') return undefined;
      return emails === undefined
        ? { status: 403, body: { message: 'Resource not accessible' } }
        : { body: emails };
    },
  });
}
