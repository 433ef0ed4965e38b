import { beforeAll, expect, test } from 'vitest';
import { type ApiClient, made, openWorld, type World } from '../harness/world.ts';

const LIMITS = '/api/v2/attack-protection/text-messages';
const DEFAULTS = {
  countries: null,
  refuse_unassigned: true,
  per_number: 10,
  per_address: 50,
  per_country: 500,
  total: 1000,
};

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  const connection = { name: 'sms', strategy: 'sms', enabled_clients: [client.id] };
  await made(world.server, '/connections', connection);
});

const limits = async () => (await world.server.api('GET', LIMITS)).body;

async function starts(phone_number: string): Promise<number> {
  const answer = await fetch(`${world.server.url}/passwordless/start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: client.id,
      client_secret: client.secret,
      connection: 'sms',
      phone_number,
      send: 'code',
    }),
  });
  return answer.status;
}

test('the limits on texts are shown with what the running hour has used', async () => {
  expect(await limits()).toEqual({ ...DEFAULTS, this_hour: { total: 0, countries: [] } });
  for (const number of ['+491701000001', '+491701000002', '+33612000001']) {
    expect(await starts(number)).toBe(200);
  }
  const this_hour = {
    total: 3,
    countries: [
      { country: 'DE', count: 2 },
      { country: 'FR', count: 1 },
    ],
  };
  expect(await limits()).toEqual({ ...DEFAULTS, this_hour });
});

test('the countries of texts can be chosen, chosen again and opened', async () => {
  for (const countries of [
    { mode: 'allow', list: ['FR'] },
    { mode: 'deny', list: ['DE', 'AT'] },
    null,
  ]) {
    const { body } = await world.server.api('PATCH', LIMITS, { countries });
    expect(body).toMatchObject({ ...DEFAULTS, countries });
    expect(await limits()).toMatchObject({ ...DEFAULTS, countries });
    expect(await starts('+491701000003')).toBe(countries === null ? 200 : 400);
  }
});

test.each([
  [{ per_country: 2000 }, 'it has no effect above total'],
  [{ total: 100 }, 'it has no effect above total'],
  [{ per_number: 600 }, 'it has no effect above per_country'],
  [{ per_address: 1001 }, "'it has no effect above total' on property per_address"],
  [{ countries: { mode: 'allow', list: ['XX'] } }, 'there is no country XX with phone numbers'],
  [{ countries: { mode: 'allow', list: [] } }, 'list'],
  [{ total: 0 }, 'total'],
])('limits on texts that mean nothing are refused: %j', async (settings, message) => {
  const { status, text } = await world.server.api('PATCH', LIMITS, settings);
  expect([status, text]).toEqual([400, expect.stringContaining(message)]);
  expect(await limits()).toMatchObject(DEFAULTS);
});
