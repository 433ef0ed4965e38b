import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { putTemplate } from '../../src/records/email-templates/email-templates.ts';
import { heldMail } from '../../src/records/messages/messages.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import type { World } from '../harness/world.ts';
import { drain, invite, openMailWorld, people } from './delivery.ts';

let world: World;
beforeAll(async () => {
  world = await openMailWorld();
});

const TABLE =
  '{% tablerow i in (1..900) cols:1 %}{% tablerow j in (1..900) cols:1 %}{{ url }}{% endtablerow %}{% endtablerow %}';

const say = (body: string) =>
  putTemplate(world.db, 'user_invitation', { body, enabled: true }, new Date());
const whoWasMailed = () => world.server.sink.mails.flatMap((mail) => mail.to);

test('mails with a costly template wait for its correction, while others leave and the server answers', async () => {
  const costly = await world.aUser({ id: world.connectionId }, { userMetadata: { rows: true } });
  const others = await people(world, 40);
  await say(`{% if user.user_metadata.rows %}${TABLE}{% endif %}{{ url }}`);
  await invite(world, [costly, ...others]);
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  expect(await drain(world)).toMatchObject({ sent: 40, failed: 1, isHeld: false });
  clearInterval(turning);
  expect(turns).toBeGreaterThan(100);
  expect(whoWasMailed()).not.toContain(costly.email);
  expect(await heldMail(world.db)).toMatchObject({
    mails: 1,
    // Which of its limits it meets first depends on the machine.
    problem: expect.stringMatching(
      /Template user_invitation: (?:it takes longer than|the rendering ended: .*memory|template render limit exceeded)/,
    ),
  });
  await say('Come in: {{ url }}');
  await sql`update messages set due_at = now() - interval '1 second'`.execute(world.db);
  expect(await drain(world)).toMatchObject({ sent: 1, failed: 0 });
  expect(whoWasMailed()).toContain(costly.email);
  expect(await heldMail(world.db)).toBeNull();
});

test('the built-in mail replaces a text that cannot be rendered at all', async () => {
  await say('{% if %}');
  const user = await world.aUser({ id: world.connectionId });
  await invite(world, [user]);
  expect(await drain(world)).toMatchObject({ sent: 1, failed: 0 });
  const mail = world.server.sink.mails.at(-1);
  expect(mail?.to).toContain(user.email);
  expect(mail && linkIn(mail)).toContain('/u/invitation?ticket=');
});
