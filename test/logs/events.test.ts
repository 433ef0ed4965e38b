import { beforeAll, expect, test } from 'vitest';
import { aPassword, aPerson } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, eventually } from '../harness/harness.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';
import { plainBrowser } from '../harness/plain-browser.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { CALLBACK } from '../harness/world.ts';
import { authorizeAt, browserOf } from './browser.ts';

let world: PasswordWorld;

beforeAll(async () => {
  world = await openPasswordWorld();
});

const typesOf = async (userId: string) =>
  (await world.logs(`q=user_id:"${userId}"&sort=log_id:1`)).map((log) => log.type);

test('a visit logs its login, exchange, silent renewal, refusal and logout', async () => {
  const person = await world.createUser();
  const { id: client_id, secret: client_secret } = world.client;
  const browser = browserOf('Tests/4');
  const back = await authorizeAt(world, browser, person);
  await fetch(`${world.server.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'authorization_code',
      client_id,
      client_secret,
      code: back.searchParams.get('code'),
      redirect_uri: CALLBACK,
    }),
  });
  await authorizeAt(world, browser, null, { prompt: 'none' });
  await browser(`${world.server.url}/v2/logout?client_id=${client_id}`);
  await authorizeAt(world, browser, null, { prompt: 'none' });
  expect(await typesOf(person.userId)).toEqual(['s', 'seacft', 'ssa', 'slo']);
  const [failed] = await world.logs('q=type:fsa');
  expect(failed).toMatchObject({ client_name: 'Meadow', ip: '192.0.2.9', user_agent: 'Tests/4' });
  const [login] = await world.logs(`q=type:s AND user_id:"${person.userId}"`);
  expect(login).toMatchObject({ user_name: person.email, client_id, ip: '192.0.2.9' });
});

test("a user's life logs its creation, changes, confirmation mail, block and deletion", async () => {
  const person = await world.createUser();
  const path = `/api/v2/users/${encodeURIComponent(person.userId)}`;
  const email = aPerson().email;
  await world.server.api('PATCH', path, { password: 'Another-Harbour-77' });
  await world.server.api('PATCH', path, { email });
  await world.server.api('POST', '/api/v2/jobs/verification-email', { user_id: person.userId });
  const mail = await world.server.sink.waitForMail(email);
  await plainBrowser().submit(linkIn(mail), {});
  await world.server.api('PATCH', path, { blocked: true });
  await world.login(email, 'Another-Harbour-77');
  await world.server.api('DELETE', path);
  await world.server.api('DELETE', path);
  expect((await typesOf(person.userId)).sort()).toEqual(
    ['f', 'scp', 'sce', 'sdu', 'sv', 'svr'].sort(),
  );
  const [gone] = await world.logs(`q=type:sdu AND user_id:"${person.userId}"`);
  expect(gone).toMatchObject({ user_name: email });
});

test('each way to remove a second factor logs the user and the factor', async () => {
  const person = await world.createUser();
  const path = `/api/v2/users/${encodeURIComponent(person.userId)}`;
  const methods = `${path}/authentication-methods`;
  const add = async (email: string) => {
    const wanted = { type: 'email', email };
    return (await world.server.api<{ id: string }>('POST', methods, wanted)).body.id;
  };
  const [first, second] = [await add(aPerson().email), await add(aPerson().email)];
  await world.server.api('DELETE', `${methods}/${encodeURIComponent(first)}`);
  await world.server.api('DELETE', `/api/v2/guardian/enrollments/${encodeURIComponent(second)}`);
  const one = { user_name: person.email, details: { factor: 'email' } };
  const removals = `q=type:gd_unenroll AND user_id:"${person.userId}"&sort=log_id:1`;
  expect(await world.logs(removals)).toMatchObject([one, one]);
  await add(aPerson().email);
  await world.server.api('DELETE', `${path}/authenticators`);
  expect((await world.logs(removals))[2]).toMatchObject({ user_name: person.email });
});

test('an arrival logs its import, invitation and acceptance', async () => {
  const { email } = aPerson();
  const form = new FormData();
  form.set('users', new File([JSON.stringify([{ email }])], 'users.json'));
  form.set('connection_id', world.connectionId);
  form.set('send_invitations', 'true');
  const job = await world.server.api<{ id: string }>('POST', '/api/v2/jobs/users-imports', form);
  expect(job.status, job.text).toBe(202);
  const mail = await world.server.sink.waitForMail(email);
  const password = 'Harbour-Canal-78';
  await plainBrowser().submit(linkIn(mail), { password, repeat: password });
  const [imported] = await eventually(async () => {
    const found = await world.logs('q=type:sui');
    return found.length > 0 ? found : undefined;
  });
  expect(imported?.details).toEqual({ job_id: job.body.id, inserted: 1, updated: 0, failed: 0 });
  expect(await world.logs(`q=type:si AND user_name:"${email}"`)).toHaveLength(1);
});

test('a page tells a blocked person the reason', async () => {
  const person = await world.createUser();
  await world.server.api('PATCH', '/api/v2/attack-protection/brute-force-protection', {
    max_attempts: 2,
  });
  const browser = browserOf('Tests/5', '192.0.2.77');
  const wrong = { ...person, password: 'wrong' };
  // The page appears again, since it has no target.
  for (const what of ['The email or password is wrong', 'is wrong', 'has been blocked']) {
    await expect(authorizeAt(world, browser, wrong)).rejects.toThrow(what);
  }
  await expect(authorizeAt(world, browser, person)).rejects.toThrow('has been blocked');
});

test('a dead verification link leaves a log entry when it is opened', async () => {
  const person = await world.createUser();
  const path = `/api/v2/users/${encodeURIComponent(person.userId)}`;
  await world.server.api('PATCH', path, { email_verified: false });
  const aLink = async () =>
    (
      await world.server.api<{ ticket: string }>('POST', '/api/v2/tickets/email-verification', {
        user_id: person.userId,
      })
    ).body.ticket;
  const refused = async () =>
    (await world.logs(`q=type:fv AND user_id:"${person.userId}"&sort=log_id:1`)).map(
      ({ description, user_name }) => [description, user_name],
    );
  const browser = plainBrowser();
  const [replaced, used] = [await aLink(), await aLink()];
  expect((await browser.open(replaced)).status).toBe(410);
  await browser.open(used);
  expect((await browser.submit(used, {})).status).toBe(303);
  await browser.open(used);
  const expired = await aLink();
  await world.server.app.database.execute(
    `update tickets set expires_at = now() - interval '1 minute' where user_id = $1 and used_at is null`,
    [person.userId],
  );
  await browser.open(expired);
  expect(await refused()).toEqual([
    ['Access expired.', person.email],
    ['This URL can be used only once', person.email],
    ['Access expired.', person.email],
  ]);
  const unknown = expired.replace(/ticket=\w+/, 'ticket=nobody');
  expect((await browser.open(unknown)).status).toBe(404);
  const [note] = await world.logs('q=type:fv&sort=log_id:-1');
  expect(note).toMatchObject({ type: 'fv', description: 'Invalid ticket.' });
});

test('a wrong password with a verification link leaves a log entry', async () => {
  const email = aPerson().email;
  const answer = await fetch(`${world.server.url}/dbconnections/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: world.client.id,
      connection: DEFAULT_CONNECTION,
      email,
      password: aPassword(),
    }),
  });
  expect(answer.status).toBe(200);
  const link = linkIn(await world.server.sink.waitForMail(email));
  expect((await plainBrowser().submit(link, { password: aPassword() })).status).toBe(400);
  const [note] = await world.logs(`q=type:fv AND user_name:"${email}"`);
  expect(note).toMatchObject({ description: 'Wrong password.', connection: DEFAULT_CONNECTION });
});
