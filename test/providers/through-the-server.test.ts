import { createServer } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { plainBrowser } from '../harness/plain-browser.ts';
import { ADA_AT_APPLE, APPLE_OPTIONS, startApple } from '../harness/providers/apple.ts';
import { ADA_AT_FACEBOOK, startFacebook } from '../harness/providers/facebook.ts';
import { ADA_AT_GITHUB, startGithub } from '../harness/providers/github.ts';
import { ADA_AT_GOOGLE, startGoogle } from '../harness/providers/google.ts';
import { startLinkedin } from '../harness/providers/linkedin.ts';
import { ADA_AT_CONTOSO, startMicrosoft, TENANT } from '../harness/providers/microsoft.ts';
import { ADA, startOpenIdStandIn } from '../harness/providers/openid-stand-in.ts';
import { formFields, type Person, type StandIn } from '../harness/providers/stand-in.ts';
import { PROVIDER_CLIENT } from '../harness/providers/tokens.ts';
import {
  type ApiClient,
  claimsOf,
  made,
  openTab,
  openWorld,
  type World,
} from '../harness/world.ts';

type Case = {
  strategy: string;
  standIn: StandIn;
  options?: object;
  person: Person;
  userId: string;
  address: unknown;
};

const SECRET = { client_id: PROVIDER_CLIENT.clientId, client_secret: PROVIDER_CLIENT.clientSecret };
const WORKSPACE: Person = { ...ADA_AT_GOOGLE, sub: '2', email: 'ada@acme.test', hd: 'acme.test' };

let world: World;
let client: ApiClient;
let cases: Case[];

beforeAll(async () => {
  const [google, facebook, github, entra, apple, linkedin, openId] = await Promise.all([
    startGoogle([ADA_AT_GOOGLE, WORKSPACE]),
    startFacebook(),
    startGithub(),
    startMicrosoft(TENANT),
    startApple(),
    startLinkedin(),
    startOpenIdStandIn({ issuer: 'https://acme.okta.test', origins: ['https://acme.okta.test'] }),
  ]);
  const generic = await startOpenIdStandIn();
  const standIns: StandIn[] = [google, facebook, github, entra, apple, linkedin, openId];
  world = await openWorld({
    providerEndpoints: Object.assign({}, ...standIns.map(({ endpoints }) => endpoints)),
  });
  client = await world.registerClient();
  const [verified, unverified] = [true, false];
  cases = [
    {
      strategy: 'google-oauth2',
      standIn: google,
      person: ADA_AT_GOOGLE,
      userId: `google-oauth2|${ADA_AT_GOOGLE.sub}`,
      address: ['ada@gmail.com', verified],
    },
    {
      strategy: 'google-apps',
      standIn: google,
      options: { ...SECRET, domain: 'acme.test' },
      person: WORKSPACE,
      userId: 'google-apps|ada@acme.test',
      address: ['ada@acme.test', verified],
    },
    {
      strategy: 'facebook',
      standIn: facebook,
      person: ADA_AT_FACEBOOK,
      userId: `facebook|${ADA_AT_FACEBOOK.id}`,
      address: ['ada@example.com', unverified],
    },
    {
      strategy: 'github',
      standIn: github,
      person: ADA_AT_GITHUB,
      userId: `github|${ADA_AT_GITHUB.id}`,
      address: ['ada@example.com', verified],
    },
    {
      strategy: 'waad',
      standIn: entra,
      options: { ...SECRET, tenantId: TENANT },
      person: ADA_AT_CONTOSO,
      userId: `waad|${ADA_AT_CONTOSO.sub}`,
      address: ['ada@contoso.com', unverified],
    },
    {
      strategy: 'apple',
      standIn: apple,
      options: { ...APPLE_OPTIONS, email: true, name: true },
      person: ADA_AT_APPLE,
      userId: `apple|${ADA_AT_APPLE.sub}`,
      address: [ADA_AT_APPLE.email, verified],
    },
    {
      strategy: 'linkedin',
      standIn: linkedin,
      person: linkedin.people[0] ?? {},
      userId: 'linkedin|782bbtaQ',
      address: ['ada@example.com', verified],
    },
    {
      strategy: 'okta',
      standIn: openId,
      options: { ...SECRET, domain: 'acme.okta.test', domain_aliases: ['example.com'] },
      person: ADA,
      userId: `okta|acme-okta|${ADA.sub}`,
      address: ['ada@example.com', verified],
    },
    {
      strategy: 'oidc',
      standIn: generic,
      options: { ...SECRET, type: 'back_channel', discovery_url: generic.url },
      person: ADA,
      userId: `oidc|acme-oidc|${ADA.sub}`,
      address: ['ada@example.com', unverified],
    },
  ];
});

function connect(
  strategy: string,
  options: object = SECRET,
): Promise<{ id: string; name: string }> {
  return made(world.server, '/connections', {
    name: `acme-${strategy}`,
    strategy,
    options,
    enabled_clients: [client.id],
  });
}

describe('a person logs in through the server', () => {
  test.for([
    'google-oauth2',
    'google-apps',
    'facebook',
    'github',
    'waad',
    'apple',
    'linkedin',
    'okta',
    'oidc',
  ])('with %s', async (strategy) => {
    const found = cases.find((each) => each.strategy === strategy);
    if (found === undefined) throw new Error(strategy);
    const { standIn, options, person, userId, address } = found;
    const { name } = await connect(strategy, options);
    const browser = plainBrowser();
    const tab = openTab(browser);
    const provider = await tab.go(world.authorize(client, { connection: name }));
    expect(new URL(provider.url).origin).toBe(standIn.url);
    let shown = await tab.send({ chosen: String(standIn.people.indexOf(person)) });
    if (shown.back === null && shown.url.startsWith(standIn.url)) {
      const [, action = ''] = shown.page.match(/action="([^"]+)"/) ?? [];
      shown = await tab.go(await browser.postFromElsewhere(action, formFields(shown.page)));
    }
    // An address that an account of another connection has already: both stay apart.
    if (shown.back === null) shown = await tab.send({ way: 'separate' });
    const { body } = await world.exchange(client, tab.back(shown));
    const { sub, email, email_verified } = claimsOf(body.id_token);
    expect([sub, [email, email_verified]]).toEqual([userId, address]);
  });
});

test('a connection cannot make the server call its own network', async () => {
  const called: string[] = [];
  const inside = createServer((request, response) => {
    called.push(String(request.url));
    response.end('{}');
  });
  await new Promise<void>((resolve) => inside.listen(0, '127.0.0.2', resolve));
  const address = inside.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const { name } = await made(world.server, '/connections', {
    name: 'inside',
    strategy: 'oidc',
    options: { ...SECRET, type: 'back_channel', discovery_url: `https://127.0.0.2:${port}` },
    enabled_clients: [client.id],
  });
  const tab = openTab();
  const shown = await tab.go(world.authorize(client, { connection: name }));
  inside.close();
  expect(called).toEqual([]);
  expect(shown.page + String(shown.back)).not.toContain('127.0.0.2');
  const entries = await world.logs('q=type:f&per_page=10');
  expect(entries.map(({ description }) => description)).toContainEqual(
    expect.stringContaining('127.0.0.2 has the internal address 127.0.0.2'),
  );
});
