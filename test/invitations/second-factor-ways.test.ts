import { beforeAll, expect, test } from 'vitest';
import { hasSecondFactor } from '../../src/records/authentication-methods/authentication-methods.ts';
import { findInvitation } from '../../src/records/invitations/invitations.ts';
import { aPerson } from '../harness/factories.ts';
import { aProvider, openBrowser } from '../harness/providers/person.ts';
import { type SmallProvider, startSmallProvider } from '../harness/providers/small-provider.ts';
import { formOf } from '../harness/visitor.ts';
import {
  type ApiClient,
  CALLBACK,
  made,
  openWorld,
  type Shown,
  type World,
} from '../harness/world.ts';
import { configure, otpAt } from '../second-factors/factors.ts';

let world: World;
let client: ApiClient;
let provider: SmallProvider;

beforeAll(async () => {
  world = await openWorld();
  await configure(world.db, { factors: ['otp'], policies: [] });
  client = await world.registerClient();
  provider = await startSmallProvider();
  await aProvider(world, {
    name: 'acme-id',
    options: provider.options,
    clientIds: [client.id],
  });
  await made(world.server, '/connections', {
    name: 'email',
    strategy: 'email',
    enabled_clients: [client.id],
  });
});

async function invited(plan: object = {}) {
  const { email } = aPerson();
  const answer = await world.server.api('POST', '/api/v2/invitations', {
    recipients: [email],
    client_id: client.id,
    connection_id: world.connectionId,
    result_url: CALLBACK,
    factors: { required: ['otp'] },
    return_links: true,
    ...plan,
  });
  if (answer.status !== 200) throw new Error(answer.text);
  const { link, invitation_id: id } = JSON.parse(answer.text);
  return { email, link: String(link), id: String(id) };
}

type Person = ReturnType<typeof openBrowser>;

/** Enters the code of the page with the new secret, and expects that this accepts the invitation. */
async function enrolls(person: Person, shown: Shown, id: string) {
  expect(new URL(shown.url).pathname).toBe('/u/invitation-factor');
  expect((await findInvitation(world.db, id))?.state).toBe('pending');
  const [, secret = ''] = /secret=([A-Z2-7]+)/.exec(shown.page) ?? [];
  const { csrf = '' } = formOf(shown.page).fields;
  await person.browser.post(shown.url, { csrf, code: otpAt(secret, world.clock.now()) });
  const invitation = await findInvitation(world.db, id);
  expect(invitation?.state).toBe('accepted');
  expect(await hasSecondFactor(world.db, invitation?.acceptedUserId ?? '')).toBe(true);
  return invitation;
}

test('a person who comes with a provider enrolls the factor before the acceptance', async () => {
  const { email, link, id } = await invited();
  provider.logsIn({ sub: 'bea', email, email_verified: true });
  const person = openBrowser();
  const shown = await person.choose(await person.go(link), 'acme-id');
  expect(await enrolls(person, shown, id)).toMatchObject({ acceptedBy: 'identity' });
});

test('a person who comes with a mailed code enrolls the factor before the acceptance', async () => {
  const { email, link, id } = await invited();
  const person = openBrowser();
  const { url, page } = await person.go(link);
  const form = page
    .match(/<form\b[^>]*>[\s\S]*?<\/form>/g)
    ?.find((each) => each.includes('/u/invitation-code'));
  const { action, fields } = formOf(form ?? '');
  const asks = await person.browser.post(new URL(action, url).href, fields);
  const mail = await world.server.sink.waitForMail(email, {
    where: ({ mail: { subject } }) => /\b\d{6}\b/.test(subject ?? ''),
  });
  const [code = ''] = /\b\d{6}\b/.exec(mail.mail.subject ?? '') ?? [];
  const at = { url: new URL(action, url).href, page: asks.page, back: null, status: asks.status };
  const shown = await person.answer(at, { step: 'code', code });
  expect(await enrolls(person, shown, id)).toMatchObject({ acceptedBy: 'passwordless' });
});

test('a person with another account enrolls the factor of that account', async () => {
  const { link, id } = await invited({ email_policy: 'any_verified' });
  const other = await world.createUser({ email_verified: true });
  const person = openBrowser();
  const page = await person.go(link.replace('/u/invitation', '/u/invitation-account'));
  const shown = await person.answer(page, { username: other.email, password: other.password });
  expect(await enrolls(person, shown, id)).toMatchObject({ acceptedUserId: other.userId });
});

test('an account that the invitation does not take gets no step, and the invitation stays open', async () => {
  const { link, id } = await invited({ email_policy: 'same_domain' });
  const other = await world.createUser({ email: 'mira@elsewhere.test', email_verified: true });
  const person = openBrowser();
  const page = await person.go(link.replace('/u/invitation', '/u/invitation-account'));
  const answer = await person.answer(page, { username: other.email, password: other.password });
  expect(answer.page).toContain('This invitation is for another account');
  expect((await findInvitation(world.db, id))?.state).toBe('pending');
});

test('an invitation without an application enrolls the factor, too', async () => {
  const { link, id } = await invited({ client_id: undefined });
  const person = openBrowser();
  const page = await person.go(link);
  const shown = await person.answer(page, { password: 'Tulip-Canal-77' });
  await enrolls(person, shown, id);
});
