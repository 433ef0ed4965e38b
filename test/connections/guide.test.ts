import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';

const GUIDE = readFileSync('docs/guides/identity-providers.md', 'utf8');

let api: ManagementFixture;
let clientId: string;

beforeAll(async () => {
  api = await startManagementApi();
  clientId = (await api.call('POST', '/clients', { name: 'Shop' })).body.client_id;
});

/** The bodies that the guide sends with curl. Apple's is made by jq. */
const bodies = () =>
  Array.from(GUIDE.matchAll(/\/api\/v2\/connections".* -d '(\{[\s\S]*?\n\})'/g), ([, body = '']) =>
    JSON.parse(body.replaceAll(`'"$CLIENT"'`, clientId)),
  );

test('the commands of the guide to identity providers create connections', async () => {
  const strategies = [];
  for (const body of bodies()) {
    const made = await api.call('POST', '/connections', body);
    expect([made.status, made.body.message]).toEqual([201, undefined]);
    const read = await api.call('GET', `/connections/${made.body.id}`);
    expect(read.body).toMatchObject(body);
    strategies.push(body.strategy);
  }
  expect(strategies).toEqual([
    'google-oauth2',
    'facebook',
    'github',
    'windowslive',
    'waad',
    'linkedin',
    'okta',
    'oidc',
  ]);
});
