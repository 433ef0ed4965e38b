import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { aClient, mayUse, openDoor } from './fixture.ts';

const HALF = '\ud800';

test('half a surrogate pair is refused or ignored and never causes a server error', async () => {
  const door = await openDoor();
  const client = await aClient(door);
  const store = `con_${randomBytes(8).toString('hex')}`;
  await mayUse(door, client.id, store);
  const ask = async (path: string, body: object) => {
    const answer = await fetch(`${door.url}/dbconnections/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_id: client.id, connection: store, ...body }),
    });
    return answer.status;
  };
  const password = 'Tulip-Canal-77';
  expect(await ask('change_password', { email: `a${HALF}@example.test` })).toBe(200);
  expect(await ask('signup', { email: `a${HALF}@example.test`, password })).toBe(400);
  for (const more of [
    { name: HALF },
    { user_metadata: { a: HALF } },
    { user_metadata: { [HALF]: 'a' } },
  ]) {
    expect(await ask('signup', { email: 'ada@example.test', password, ...more })).toBe(400);
  }
  expect(await ask('signup', { email: 'ada@example.test', password, name: '😀' })).toBe(200);
  await door.close();
});
