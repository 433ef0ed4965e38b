import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { passwordlessLinkSecret } from '../../src/records/passwordless-links/passwordless-links.ts';
import { aPassword, aPerson, atOnce } from '../harness/factories.ts';
import {
  type ApiClient,
  keys,
  made,
  openTab,
  openWorld,
  type Shown,
  type World,
} from '../harness/world.ts';
import { aFlowPage } from '../invitation-flow/flow-page.ts';
import { configure } from '../second-factors/factors.ts';

/** What opens the links in mails, in chats and in the address bar, before a person does. */
const AGENTS = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36',
  'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  'Mozilla/4.0 (compatible; ms-office; MSOffice 16)',
  'WhatsApp/2.23.20.0',
  'curl/8.5.0',
  '',
];
const HEADERS: Record<string, string>[] = [
  {},
  { purpose: 'prefetch' },
  { 'sec-purpose': 'prefetch;prerender' },
  { 'x-moz': 'prefetch' },
  { accept: 'image/*' },
  { accept: '*/*', range: 'bytes=0-1023' },
];
/** Rows that say how often somebody was here, and the waiting log. */
const COUNTERS = [
  'throttles',
  'rate_limit_buckets',
  'logs',
  'log_head',
  'known_places',
  'mail_pace',
];

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient({
    grant_types: ['authorization_code'],
    app_type: 'regular_web',
  });
  await configure(world.server.app.deps.db, { factors: ['otp'], policies: [] });
});

/** All rows of all tables, except counters. */
async function everything(): Promise<Record<string, unknown[]>> {
  await world.server.app.flushLog();
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`.execute(
    world.db,
  );
  const found: Record<string, unknown[]> = {};
  for (const { name } of tables) {
    if (COUNTERS.includes(name)) continue;
    const { rows } = await sql<{ row: unknown }>`
      select to_jsonb(t) as row from ${sql.table(name)} t order by to_jsonb(t)::text`.execute(
      world.db,
    );
    found[name] = rows.map(({ row }) => row);
  }
  return found;
}

async function scan(link: string): Promise<void> {
  await atOnce(50, async (n) => {
    const init = {
      method: n % 5 === 4 ? 'HEAD' : 'GET',
      headers: { ...HEADERS[n % HEADERS.length], 'user-agent': AGENTS[n % AGENTS.length] ?? '' },
    };
    const cookies: string[] = [];
    // Scanners follow redirects within the server, and some keep cookies.
    for (let url = link, hops = 0; hops < 6; hops++) {
      const headers = { ...init.headers, ...(n % 2 === 0 && { cookie: cookies.join('; ') }) };
      const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
      for (const line of answer.headers.getSetCookie()) cookies.push(line.split(';')[0] ?? '');
      await answer.arrayBuffer();
      const next = answer.headers.get('location');
      if (next === null || !new URL(next, url).href.startsWith(world.server.url)) break;
      url = new URL(next, url).href;
    }
  });
}

type Kind = {
  name: string;
  make(): Promise<string>;
  /** Uses the link as its person does. Returns the page or the redirect after it. */
  use(link: string): Promise<Shown>;
  /** What shows that it worked. */
  works: (after: Shown) => boolean;
};

const at = (path: string) => `${world.server.url}${path}`;
const send = (fields: Record<string, string>) => async (link: string) => {
  const tab = openTab();
  await tab.go(link);
  return tab.send(fields);
};
const setsPassword = (link: string) => send({ password: aPassword() })(link);
const leadsTo = (path: string) => (after: Shown) => after.url.includes(path);

const KINDS: Kind[] = [
  {
    name: 'an invitation',
    async make() {
      const user = await world.aUser(await world.aConnection());
      return at(`/u/invitation?ticket=${(await world.anInvitation(user)).secret}`);
    },
    use: setsPassword,
    works: leadsTo('/u/done?what=invitation'),
  },
  {
    name: 'an invitation on a page of the application',
    async make() {
      const user = await world.aUser({ id: world.connectionId });
      const { secret } = await world.anInvitation(user, { clientId: client.id });
      // Who follows the link cannot read what is after `#`. These are the addresses that the page asks.
      return at(`/invitation-flow/state?client_id=${client.id}&link=${secret}`);
    },
    async use(link) {
      const address = new URL(link).searchParams.get('link') ?? '';
      for (const path of ['start', 'password', 'complete'])
        await scan(at(`/invitation-flow/${path}?link=${address}`));
      const page = aFlowPage(world, client, null);
      await page.start(address);
      await page.send('password', { password: aPassword() });
      const { status, body } = await page.send('complete', {});
      return { status, url: link, page: JSON.stringify(body), back: null } as Shown;
    },
    works: ({ status, page }) => status === 200 && page.includes('login_ticket'),
  },
  {
    name: 'an invitation to an organization',
    async make() {
      const organization = await world.anOrganization();
      const invited = await world.inviteTo(organization, client);
      const invitation = invited.ticket_id;
      return world.authorize(client, { organization: organization.id, invitation });
    },
    use: setsPassword,
    works: ({ back }) => back?.searchParams.has('code') === true,
  },
  {
    name: 'a password ticket',
    async make() {
      const { userId: user_id } = await world.createUser();
      return (await made(world.server, '/tickets/password-change', { user_id })).ticket;
    },
    use: setsPassword,
    works: leadsTo('/u/done?what=password'),
  },
  {
    name: 'a verification ticket',
    async make() {
      const { userId: user_id } = await world.createUser({
        email_verified: false,
        verify_email: false,
      });
      return (await made(world.server, '/tickets/email-verification', { user_id })).ticket;
    },
    use: send({}),
    works: leadsTo('/u/done?what=verified'),
  },
  {
    name: 'a link to log in',
    async make() {
      const name = `links-${Math.random()}`.replace('.', '');
      const enabled_clients = [client.id];
      await made(world.server, '/connections', { name, strategy: 'email', enabled_clients });
      const { email } = aPerson();
      const answer = await fetch(at('/passwordless/start'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          client_id: client.id,
          client_secret: client.secret,
          connection: name,
          send: 'link',
          email,
          authParams: { state: 'the-state' },
        }),
      });
      expect(answer.status).toBe(200);
      await world.server.sink.waitForMail(email);
      const { rows } = await sql<{ id: string }>`
        select id from passwordless_links where recipient = ${email}`.execute(world.db);
      const secret = passwordlessLinkSecret(keys.ticket, rows[0]?.id ?? '');
      return at(`/passwordless/verify_redirect?ticket=${secret}`);
    },
    use: send({}),
    works: ({ back }) => back?.searchParams.has('code') === true,
  },
  {
    name: 'a link that lifts a block',
    async make() {
      const user = await world.aUser(await world.aConnection());
      return at(`/u/unblock?ticket=${await world.aTicket(user, { kind: 'account-unblock' })}`);
    },
    use: send({}),
    works: ({ status, page }) => status < 400 && !page.includes('<form'),
  },
  {
    name: 'a ticket to enroll a second factor',
    async make() {
      const { userId: user_id } = await world.createUser();
      const asked = { user_id, send_mail: false };
      return (await made(world.server, '/guardian/enrollments/ticket', asked)).ticket_url;
    },
    use: (link) => openTab().go(link),
    works: ({ status, page }) => status === 200 && page.includes('<form'),
  },
];

describe.each(KINDS)('$name', ({ make, use, works }) => {
  test('is as it was after fifty visits of scanners, and works', async () => {
    const link = await make();
    const before = await everything();
    await scan(link);
    expect(await everything()).toEqual(before);
    const after = await use(link);
    expect(works(after), `${after.status} ${after.url}\n${after.page}`).toBe(true);
  });
});
