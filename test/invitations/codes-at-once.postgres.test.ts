import { beforeAll, expect, test } from 'vitest';
import {
  newPasswordlessCode,
  passwordlessDigits,
  usePasswordlessCode,
} from '../../src/records/passwordless-codes/passwordless-codes.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { pastTheirReads, ROOM_FOR_SIXTEEN } from '../harness/overtaken.ts';
import { type PlainBrowser, plainBrowser } from '../harness/plain-browser.ts';
import { type ApiClient, CALLBACK, made, openWorld, type World } from '../harness/world.ts';

const CODE = /\b\d{6}\b/;

let world: World;
let client: ApiClient;
let mailed: { id: string };

beforeAll(async () => {
  world = await openWorld(ROOM_FOR_SIXTEEN);
  client = await world.registerClient();
  const enabled_clients = [client.id];
  mailed = await made(world.server, '/connections', {
    name: 'email',
    strategy: 'email',
    enabled_clients,
  });
});

/** Invites an address. Returns the address and the page's own. */
async function invited(create_user: string) {
  const { email } = aPerson();
  const answer = await world.server.api('POST', '/api/v2/invitations', {
    recipients: [{ email }],
    client_id: client.id,
    connection_id: world.connectionId,
    create_user,
    result_url: CALLBACK,
    return_links: true,
  });
  const { link } = JSON.parse(answer.text) as { link: string };
  return { email, link, codePage: link.replace('/u/invitation', '/u/invitation-code') };
}

type At = { browser: PlainBrowser; csrf: string };

async function opens(link: string): Promise<At> {
  const browser = plainBrowser();
  const { page } = await browser.open(link);
  return { browser, csrf: /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '' };
}

/** Requests a code on the page, and reads it in the mail. */
async function codeFor({ browser, csrf }: At, to: { email: string; codePage: string }) {
  await browser.post(to.codePage, { csrf });
  const { mail } = await world.server.sink.waitForMail(to.email, {
    where: (received) => CODE.test(received.mail.subject ?? ''),
  });
  return CODE.exec(mail.subject ?? '')?.[0] ?? '';
}

/** Sends a form. Returns whether it leads to the application. */
async function accepts({ browser, csrf }: At, url: string, fields: Record<string, string>) {
  const answer = await browser.post(url, { csrf, ...fields });
  return answer.headers.get('location')?.startsWith(CALLBACK) ?? false;
}

test('of sixteen uses of one code at once, one counts', async () => {
  const { db, clock, keys } = world;
  const code = {
    connectionId: mailed.id,
    recipient: aPerson().email,
    clientId: client.id,
    askedFrom: 'here',
    now: clock.now(),
  };
  const { id } = await newPasswordlessCode(db, { ...code, ttlSeconds: 60 });
  const digits = passwordlessDigits(keys.ticket, id, 6);
  const used = await pastTheirReads(world, { n: 16, tables: ['passwordless_codes'] }, (i) =>
    usePasswordlessCode(db, { ...code, askedFrom: `address ${i}`, digits, key: keys.ticket }),
  );
  expect(used.filter((one) => one)).toHaveLength(1);
});

test.each([
  'on_accept',
  'on_invite',
])('of eight requests at once with one code one accepts, with the account made %s', async (create_user) => {
  const person = await invited(create_user);
  const at = await opens(person.link);
  const code = await codeFor(at, person);
  // More guesses from one address would not be judged.
  const n = 8;
  const accepted = await pastTheirReads(world, { n, tables: ['passwordless_codes'] }, () =>
    accepts(at, person.codePage, { step: 'code', code }),
  );
  expect(accepted.filter((one) => one)).toHaveLength(1);
  const wrong = await world.logs(
    `${new URLSearchParams({ q: `type:fp AND user_name:"${person.email}"` })}`,
  );
  expect(wrong).toHaveLength(n - 1);
});

test.each([
  'on_accept',
  'on_invite',
])('of a code and fifteen passwords at once one accepts, with the account made %s', async (create_user) => {
  const person = await invited(create_user);
  const [byCode, byPassword] = [await opens(person.link), await opens(person.link)];
  const code = await codeFor(byCode, person);
  const tables = ['users', 'invitations'];
  const accepted = await pastTheirReads(world, { n: 16, tables }, (i) =>
    i === 7
      ? accepts(byCode, person.codePage, { step: 'code', code })
      : accepts(byPassword, person.link, { password: aPassword() }),
  );
  expect(accepted.filter((one) => one)).toHaveLength(1);
});
