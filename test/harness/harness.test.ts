import { sql } from 'kysely';
import nodemailer from 'nodemailer';
import { expect, inject, test } from 'vitest';
import { aPerson, atOnce } from './factories.ts';
import { freshDatabase, startServer } from './harness.ts';
import { linkIn, startSmtpSink } from './smtp-sink.ts';

test('a fresh database is migrated, empty and of the kind this project tests', async () => {
  const database = await freshDatabase();
  const { rows } = await sql<{ count: number }>`select count(*) as count from users`.execute(
    database.db,
  );
  expect(rows).toEqual([{ count: 0 }]);
  expect(database.kind).toBe(inject('testDatabase').kind);
  expect(await database.migrate()).toEqual([]);
});

test('two fresh databases do not see each other', async () => {
  const [one, two] = await atOnce(2, () => freshDatabase());
  if (!one || !two) throw new Error('Two were asked for.');
  await one.execute(`insert into settings (key, value) values ('color', '"red"')`);
  expect((await two.execute('select * from settings')).rows).toEqual([]);
});

test('the sink accepts and refuses mails as configured', async () => {
  const sink = await startSmtpSink();
  const transport = nodemailer.createTransport(sink.url);
  const { email } = aPerson();
  const mail = {
    from: 'a@example.test',
    to: email,
    subject: 'Hello',
    text: 'See https://x.test/a#.',
  };
  sink.answerWith(() => ({ code: 451, message: 'later' }));
  await expect(transport.sendMail(mail)).rejects.toThrow(/451/);
  expect(sink.mails).toEqual([]);
  sink.answerWith(() => undefined);
  const waiting = sink.waitForMail(email.toUpperCase());
  await transport.sendMail(mail);
  const received = await waiting;
  expect(received.mail.subject).toBe('Hello');
  expect(linkIn(received)).toBe('https://x.test/a#');
  await expect(sink.waitForMail('nobody@example.test', { seconds: 0.05 })).rejects.toThrow(
    /Seen: person-/,
  );
  transport.close();
  await sink.close();
});

test('a test can start a server with a fresh database and stop it', async () => {
  const server = await startServer();
  const answer = await server.api('GET', '/readyz', undefined, { token: null });
  expect(answer).toMatchObject({ status: 200, body: { status: 'ready' } });
  await server.close();
  await expect(fetch(server.url)).rejects.toThrow();
});
