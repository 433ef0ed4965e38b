import { beforeAll, describe, expect, test } from 'vitest';
import { startServer } from '../harness/harness.ts';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

// Every registered route of the management API, without a list to maintain.
let api: ManagementFixture;
beforeAll(async () => {
  api = await startManagementApi();
});

/** Routes that need two scopes together: one alone is refused, and this one completes it. */
const TOGETHER: Record<string, string> = {
  'GET /roles/:id/users with read:roles': 'read:users',
  'GET /roles/:id/users with read:users': 'read:roles',
  'GET /users/:id/roles with read:roles': 'read:users',
  'GET /users/:id/roles with read:users': 'read:roles',
  'POST /keys/signing/rotate with create:signing_keys': 'update:signing_keys',
};
/** Features that this server does not have, which it reports to authorized callers. */
const REFUSED_TO_ALL = [
  '/attack-protection/bot-detection',
  '/attack-protection/captcha',
  '/attack-protection/phone-provider-protection',
];
const SOMEBODY = 'auth0|somebody';
const path = (url: string) => url.replace(/:\w+/g, encodeURIComponent(SOMEBODY));

/** The framework joins the names of parameters that stand in the same place. */
const plain = (all: string[]) => all.map((each) => each.replace(/:[^/]+/g, ':_')).toSorted();

/** HEAD has the same answer as GET. */
function ways() {
  return api.routes.flatMap((route) =>
    route.method === 'GET' ? [route, { ...route, method: 'HEAD' }] : [route],
  );
}

async function statusWith(method: string, url: string, ...scopes: string[]): Promise<number> {
  // Users may do these things to themselves with a token of their own.
  const own = scopes.some((scope) => scope.includes(':current_user'));
  const token = await api.token({ scope: scopes.join(' '), ...(own && { subject: SOMEBODY }) });
  return (await api.call(method, path(url), undefined, { token })).status;
}

describe('every route of the management API', () => {
  test('is declared with its scopes, also in the whole server', async () => {
    const declared = ways().map(({ method, url }) => `${method} /api/v2${url}`);
    expect(api.registered.toSorted()).toEqual(declared.toSorted());

    const server = await startServer();
    const inTheServer = routesIn(server.app.http.printRoutes({ commonPrefix: false }));
    expect(plain(inTheServer.filter((candidate) => candidate.includes(' /api/v2')))).toEqual(
      plain(declared),
    );
    expect(server.app.routes.map(({ url }) => url)).toEqual(api.routes.map(({ url }) => url));
    console.info(`The scope walk covers ${api.routes.length} routes.`);
    await server.close();
  });

  test('answers 401 without a token', async () => {
    for (const { method, url } of ways()) {
      const answer = await api.call(method, path(url), undefined, { token: null });
      expect(answer.status, `${method} ${url}`).toBe(401);
      if (method === 'HEAD') continue;
      expect(answer.body).toEqual({
        statusCode: 401,
        error: 'Unauthorized',
        message: 'Missing authentication',
        attributes: { error: 'Missing authentication' },
      });
    }
  });

  test('answers 403 to a token with every other scope, before any other check', async () => {
    for (const { method, url, scopes } of ways()) {
      const held = api.scopes
        .map((scope) => scope.value)
        .filter((candidate) => !scopes.includes(candidate));
      const token = await api.token({ scope: held.join(' ') });
      const answer = await api.call(method, path(url), undefined, { token });
      expect(answer.status, `${method} ${url}`).toBe(403);
      if (method === 'HEAD') continue;
      expect(answer.body).toEqual({
        statusCode: 403,
        error: 'Forbidden',
        message: `Insufficient scope, expected any of: ${scopes.join(',')}`,
        errorCode: 'insufficient_scope',
      });
    }
  });

  test('accepts any one of its scopes, except for the few that need two', async () => {
    const wrong: string[] = [];
    const needTwo: string[] = [];
    for (const { method, url, scopes } of ways()) {
      for (const scope of scopes) {
        const name = `${method.replace('HEAD', 'GET')} ${url} with ${scope}`;
        const also = TOGETHER[name];
        const alone = await statusWith(method, url, scope);
        if (alone === 403 && also !== undefined && method !== 'HEAD') needTwo.push(name);
        const status = also === undefined ? alone : await statusWith(method, url, scope, also);
        if (status === 403 && REFUSED_TO_ALL.includes(url)) continue;
        if ([401, 403].includes(status) || status >= 500) wrong.push(`${name}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(needTwo.toSorted()).toEqual(Object.keys(TOGETHER).toSorted());
  });

  test('refuses unknown query parameters', async () => {
    for (const { method, url } of api.routes.filter((route) => route.method === 'GET')) {
      const answer = await api.call(method, `${path(url)}?made_up=1`);
      expect(answer.status, `${method} ${url}`).toBe(400);
    }
  });
});

/** Methods and paths from the tree that the web framework draws: four columns for each level, then a part of the path. */
function routesIn(tree: string): string[] {
  const parents: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const found = /^((?:[│ ] {3})*(?:├── |└── ))(\S*)(?: \(([A-Z, ]+)\))?/.exec(line);
    if (!found) return [];
    const [, indent = '', part = '', methods = ''] = found;
    const level = indent.length / 4;
    parents.length = level;
    const url = [...parents, part].join('');
    parents[level] = part;
    return methods === '' ? [] : methods.split(', ').map((method) => `${method} ${url}`);
  });
}
