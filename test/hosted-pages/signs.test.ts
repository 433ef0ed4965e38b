import { beforeAll, expect, test } from 'vitest';
import { aVisitor } from '../harness/visitor.ts';
import { failAtBoom, openStillWorld, type StillWorld } from '../harness/world.ts';

let world: StillWorld;

beforeAll(async () => {
  world = await openStillWorld({}, { prepare: failAtBoom });
  await world.aConnection();
});

const signOn = async (path: string) => {
  const { html } = await aVisitor(world).get(path);
  return /<div class="sign sign-(\w+)" aria-hidden="true"><svg[^>]*>\s*<(?:path|rect|circle) /.exec(
    html,
  )?.[1];
};

test.each([
  ['/nothing-here', 'lost'],
  ['/u/login?state=gone', 'clock'],
  ['/boom', 'oops'],
  ['/u/done?what=password', 'good'],
  ['/u/done?what=unblocked', 'good'],
  ['/u/logged-out', 'good'],
  ['/u/mail-sent', 'mail'],
  ['/u/reset-verify?ticket=nobody-knows', 'lost'],
  ['/u/unblock?ticket=nobody-knows', 'lost'],
  ['/u/mfa-begin-enroll-options?ticket=nobody-knows', 'lost'],
])('%s shows the sign for its outcome: %s', async (path, sign) => {
  expect(await signOn(path)).toBe(sign);
});

test('a used link shows no sign of success', async () => {
  const connection = await world.aConnection({}, 'another');
  const user = await world.aUser(connection);
  const other = await world.aUser(connection);
  const used = await world.aTicket(user);
  const visitor = aVisitor(world);
  const page = await visitor.get(`/u/reset-verify?ticket=${used}`);
  expect((await visitor.submit(page, { password: 'Tulip-Canal-77' })).status).toBe(303);
  expect(await signOn(`/u/reset-verify?ticket=${used}`)).toBe('link');
  const older = await world.aTicket(other);
  await world.aTicket(other);
  expect(await signOn(`/u/reset-verify?ticket=${older}`)).toBe('mail');
  const plan = { ttlSec: 0 };
  const { secret } = await world.anInvitation(other, { plan });
  expect(await signOn(`/u/invitation?ticket=${secret}`)).toBe('clock');
});
