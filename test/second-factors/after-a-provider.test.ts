import { beforeAll, expect, test } from 'vitest';
import { openBrowser } from '../harness/providers/person.ts';
import { openProviderWorld, type ProviderWorld } from '../harness/providers/provider-world.ts';
import { claimsOf, type Shown } from '../harness/world.ts';
import { aMethod, configure, otpAt, SECRET } from './factors.ts';

const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

let world: ProviderWorld;
let client: ProviderWorld['client'];
let provider: ProviderWorld['provider'];

beforeAll(async () => {
  world = await openProviderWorld();
  ({ client, provider } = world);
});

const pathOf = ({ url }: Shown) => new URL(url).pathname;

/** Logs a person in at the provider. Returns where the browser is then. */
async function arrives(tab: ReturnType<typeof openBrowser>, sub: string, params = {}) {
  provider.logsIn({ sub, name: 'Ada' });
  const asked = { audience: '', scope: 'openid', ...params };
  return tab.choose(await tab.go(world.authorize(client, asked)), 'acme-id');
}

const claimsAfter = async (back: URL) =>
  claimsOf((await world.exchange(client, back)).body.id_token);

test.each([
  ['an application that asks for it', [], { acr_values: MULTI_FACTOR }],
  ['a policy', ['all-applications'], {}],
  ['a new device', ['confidence-score'], {}],
] as const)('after a login with a provider, %s leads to the second factor', async (_why, policies, params) => {
  await configure(world.db, { factors: ['otp'], policies: [] });
  const sub = `ada-${policies[0] ?? 'asked'}`;
  const tab = openBrowser();
  const { sub: userId } = await claimsAfter(tab.back(await arrives(tab, sub)));
  const details = { db: world.db, key: world.server.app.deps.keys.encryption, now: new Date() };
  await aMethod(details, { userId: String(userId), kind: 'totp', totpSecret: SECRET });
  await configure(world.db, { factors: ['otp'], policies: [...policies] });
  const other = openBrowser();
  expect(pathOf(await arrives(other, sub, params))).toBe('/u/mfa-otp-challenge');
  const done = await other.send({ code: otpAt(SECRET, new Date()) });
  const claims = await claimsAfter(other.back(done));
  expect(claims).toMatchObject({
    sub: userId,
    ...('acr_values' in params && { acr: MULTI_FACTOR }),
  });
  expect(claims.amr).toContain('mfa');
});
