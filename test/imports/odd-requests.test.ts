import { beforeAll, describe, expect, test } from 'vitest';
import { appoint, arrive } from '../console/administrator.ts';
import { defaultConnectionId } from '../harness/application.ts';
import { aPerson } from '../harness/factories.ts';
import { eventually, startServer, type TestServer } from '../harness/harness.ts';
import { ended, upload } from './import-jobs.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

describe('an unreadable file', () => {
  test.each([
    ['text', 'sorry, no such report\n', 'sorry'],
    ['CSV whose header names the address otherwise', 'Adresse,name\na@none.test,A\n', 'Adresse'],
  ])('fails as a whole with a reason: %s', async (_what, text, first) => {
    const { status, body } = await upload(server, text);
    expect(status).toBe(202);
    const job = await ended(server, body.id);
    expect(job.status).toBe('failed');
    expect(job.status_details).toContain(
      `No column is called "email". The first column is "${first}".`,
    );
    expect(job.status_details).toContain('begin with [ or {');
    const errors = await server.api('GET', `/api/v2/jobs/${job.id}/errors`);
    expect([errors.status, errors.body]).toEqual([200, job]);
  });
});

test('unknown parameters in the address do not stop an import', async () => {
  const form = new FormData();
  form.set('connection_id', await defaultConnectionId(server));
  form.set('users', new Blob(['[{"email":"a@odd.test"}]']), 'users.json');
  const made = await server.api<{ id: string }>(
    'POST',
    '/api/v2/jobs/users-imports?test=value',
    form,
  );
  expect(made.status).toBe(202);
  expect((await ended(server, made.body.id)).summary?.inserted).toBe(1);
  const elsewhere = await server.api('GET', `/api/v2/jobs/${made.body.id}?test=value`);
  expect(elsewhere.status).toBe(400);
});

describe('the mail at the end of an import', () => {
  /** A user with a used link is an administrator of this server. */
  async function anAdministrator(more: { blocked?: boolean } = {}): Promise<string> {
    const { email } = aPerson();
    await arrive(await appoint(server, email), 'Correct-horse-battery-1');
    if (more.blocked === true) {
      await server.app.database.execute('update users set blocked = true where email = $1', [
        email,
      ]);
    }
    return email;
  }

  const mailsTo = (email: string) => server.sink.mails.filter(({ to }) => to.includes(email));

  test('goes to each administrator once with the outcome, and can be switched off', async () => {
    const [one, two] = [await anAdministrator(), await anAdministrator()];
    const locked = await anAdministrator({ blocked: true });
    const file = [{ email: 'told@odd.test' }, { email: 'wrong' }];
    for (const field of ['send_completion_email=false', 'dry_run=true']) {
      const silent = Object.fromEntries(new URLSearchParams(field));
      const quiet = await upload(server, file, silent);
      await ended(server, quiet.body.id);
    }
    const loud = await upload(server, file, { external_id: 'march' });
    await ended(server, loud.body.id);
    const broken = await upload(server, '[{"email":"cut@odd.te');
    await ended(server, broken.body.id);
    await eventually(async () => (mailsTo(two).length >= 2 ? true : undefined), {
      what: 'two mails',
    });
    await eventually(async () => (mailsTo(one).length >= 2 ? true : undefined), {
      what: 'two mails',
    });
    expect(
      mailsTo(one)
        .map(({ mail }) => mail.subject)
        .sort(),
    ).toEqual(['An import of users failed: 0 of 0', 'An import of users is done: 0 of 2']);
    expect(mailsTo(locked)).toEqual([]);
  });

  test.each(['maybe', 'TRUE'])('is refused with %s', async (value) => {
    const { status, body } = await upload(server, [{ email: 'x@odd.test' }], {
      send_completion_email: value,
    });
    expect([status, body.message]).toEqual([
      400,
      "Payload validation error: 'Expected type boolean but found type string' on property send_completion_email.",
    ]);
  });
});
