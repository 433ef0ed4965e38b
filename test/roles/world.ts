import {
  DEFAULT_CONNECTION,
  findConnectionByName,
} from '../../src/records/connections/connections.ts';
import { insertUser } from '../../src/records/users/users.ts';
import type { ManagementFixture } from '../management-api/fixture.ts';

let count = 0;

/** A role of its own. */
export async function aRole(api: ManagementFixture): Promise<string> {
  const { body } = await api.call('POST', '/roles', { name: `Role ${++count}` });
  return body.id;
}

/** A user of its own, in the database. */
export async function aUser(api: ManagementFixture, email = `one${++count}@people.test`) {
  const { db } = api.database;
  const store = await findConnectionByName(db, DEFAULT_CONNECTION);
  const outcome = await insertUser(db, {
    connectionId: store?.id ?? '',
    email,
    now: new Date(),
  });
  if (outcome.kind !== 'inserted') throw new Error(`${email} is taken.`);
  return { id: outcome.user.id, path: `/users/${encodeURIComponent(outcome.user.id)}` };
}

/** An API of its own, with these scopes. */
export async function anApi(api: ManagementFixture, ...scopes: string[]) {
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
