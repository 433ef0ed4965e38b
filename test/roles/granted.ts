import type { ApiOptions } from '../harness/harness.ts';
import { openWorld, type World } from '../harness/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape is what they test
type Answer = { status: number; body: any };

export type Api = World & {
  /** A call with every scope, to a path below /api/v2. An empty body is undefined. */
  call(method: string, path: string, body?: unknown, options?: ApiOptions): Promise<Answer>;
};

export async function openApi(): Promise<Api> {
  const world = await openWorld({ role: 'web' });
  return {
    ...world,
    async call(method, path, body, options) {
      const answer = await world.server.api(method, `/api/v2${path}`, body, options);
      return { status: answer.status, body: answer.text === '' ? undefined : answer.body };
    },
  };
}

let count = 0;

/** A role of its own. */
export async function aRole(api: Api): Promise<string> {
  const { body } = await api.call('POST', '/roles', { name: `Role ${++count}` });
  return body.id;
}

/** A user of its own, and the path of the user. */
export async function aUser(api: Api) {
  const { id } = await api.aUser({ id: api.connectionId });
  return { id, path: `/users/${encodeURIComponent(id)}` };
}

/** An API of its own, with these scopes. */
export async function anApi(api: Api, ...scopes: string[]) {
  const identifier = `https://api${++count}.test/`;
  const { body } = await api.call('POST', '/resource-servers', {
    identifier,
    name: `API ${count}`,
    scopes: scopes.map((value) => ({ value, description: `May ${value}` })),
  });
  return { id: body.id as string, identifier, name: `API ${count}` };
}

/** The wire's pairs of an API and its scopes. */
export const pairs = (identifier: string, ...names: string[]) => ({
  permissions: names.map((permission_name) => ({
    resource_server_identifier: identifier,
    permission_name,
  })),
});
