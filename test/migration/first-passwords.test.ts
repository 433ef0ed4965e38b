import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/records/clients/clients.ts';
import { findConnectionByName } from '../../src/records/connections/connections.ts';
import { finishedJob, uploadUsers } from '../harness/imports.ts';
import { aVisitor, textOf } from '../harness/visitor.ts';
import { openWorld, type World } from '../harness/world.ts';

const GOOD = 'Tulip-Canal-77';
const WORDS = 'If this is your first visit since we moved, we have sent you an email';

let world: World;
let client: Client;

beforeAll(async () => {
  world = await openWorld();
  const connection = await findConnectionByName(world.db, 'Username-Password-Authentication');
  if (!connection) throw new Error('The default connection is missing.');
  client = await world.aClient(connection);
});

let places = 0;

/** Types a password at the login page. Returns the text of the answer. */
async function tried(username: string, password = 'of the old system') {
  const visitor = aVisitor(world, `198.51.100.${++places}`);
  const page = await world.openLogin(visitor, client.id);
  const answer = await visitor.submit(page, { username, password });
  return { answer, visitor, text: textOf(answer) };
}

async function imports(rows: object[]) {
  const { body } = await uploadUsers(world.server, world.connectionId, rows as never, {
    without_password: 'ask_by_mail',
  });
  return finishedJob(world.server, body.id);
}

describe('an imported user without a password', () => {
  test('chooses one at the first visit, by the link in a mail, and nobody sees who is one', async () => {
    expect((await tried('nobody@first.test')).text).not.toContain(WORDS);
    const hash = '$2b$04$n5tYGlIbLPJ2hTl6y8cMbOVrRQIoqVfVcYGFqyBGyAOdpUgr7jY7W';
    const job = await imports([
      { email: 'ada@first.test' },
      { email: 'has@first.test', password_hash: hash },
    ]);
    expect(job).toMatchObject({ status: 'completed', without_password: 'ask_by_mail' });

    const pages = [];
    for (const email of ['ada@first.test', 'has@first.test', 'nobody@first.test']) {
      const { answer, text } = await tried(email);
      expect(answer.status).toBe(400);
      expect(text).toContain(WORDS);
      pages.push(text.replaceAll(email, '…'));
    }
    expect(new Set(pages).size).toBe(1);

    const mail = await world.server.sink.waitForMail('ada@first.test');
    const link = /https?:\/\/\S+reset-verify\?ticket=[\w-]+/.exec(mail.mail.text ?? '')?.[0];
    const visitor = aVisitor(world);
    const url = new URL(link ?? '');
    const page = await visitor.get(url.pathname + url.search);
    const chosen = await visitor.submit(page, { password: GOOD });
    expect(chosen.status).toBe(303);
    const { answer } = await tried('ada@first.test', GOOD);
    expect(answer.status).toBe(303);

    // Everybody has a password now: no login asks any more, and no page speaks of it.
    expect((await tried('ada@first.test')).text).not.toContain(WORDS);
    expect(world.server.sink.mails.map(({ to }) => to)).toEqual([['ada@first.test']]);
  });

  test('gets one mail for many attempts in a minute', async () => {
    await imports([{ email: 'bob@first.test' }]);
    for (let i = 0; i < 3; i++) await tried('bob@first.test', `wrong ${i}`);
    await world.server.sink.waitForMail('bob@first.test');
    await imports([{ email: 'last@first.test' }]);
    await tried('last@first.test');
    await world.server.sink.waitForMail('last@first.test');
    const mails = world.server.sink.mails.filter(({ to }) => to.includes('bob@first.test'));
    expect(mails).toHaveLength(1);
  });
});
