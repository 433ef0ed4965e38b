import { expect, test } from 'vitest';
import { startServer } from '../harness/harness.ts';

type Messages = {
  total: number;
  messages: {
    id: number;
    to: string[];
    subject: string;
    text: string;
    html: string;
    links: string[];
  }[];
};

test('The mailbox catches mails without a mail server, and is absent with one.', async () => {
  const server = await startServer({ smtpUrl: undefined });
  const invited = await server.api('POST', '/api/v2/invitations', {
    recipients: ['ada@example.test', 'bob@example.test'],
    inviter: { name: '<b>Eve & Co</b>' },
  });
  expect(invited.status).toBe(202);
  const read = async (path: string) => {
    const answer = await fetch(`${server.url}${path}`);
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  const messages = async () =>
    JSON.parse((await read('/dev/mailbox/messages?to=ada@example.test')).text) as Messages;
  await expect.poll(async () => (await messages()).total, { timeout: 20_000 }).toBe(1);
  const [mail] = (await messages()).messages;
  if (!mail) throw new Error('no mail');
  expect(mail.subject).toBe('<b>Eve & Co</b> invites you to Usher');
  expect(mail.html).toContain('&#60;b&#62;Eve');
  expect(mail.links[0]).toMatch(
    new RegExp(`^${server.url}/u/invitation\\?ticket=[A-Za-z0-9]{32}#$`),
  );

  const list = await read('/dev/mailbox?to=ada');
  expect(list.text).toContain('ada@example.test');
  expect(list.text).not.toContain('bob@example.test');
  expect(list.text).not.toContain('<b>Eve');
  const page = await read(`/dev/mailbox/${mail.id}`);
  expect(page.text).toContain('sandbox="allow-popups');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const body = await read(`/dev/mailbox/${mail.id}/html`);
  expect(body.headers.get('content-security-policy')).toContain('sandbox');
  expect((await read(`/dev/mailbox/${mail.id}?view=source`)).text).toContain('Message-ID');
  expect((await read('/dev/mailbox/99999')).status).toBe(404);
  expect((await read('/dev/mailbox/messages?to=ada&to=bob')).status).toBe(200);
  await server.close();

  const withMail = await startServer();
  expect((await fetch(`${withMail.url}/dev/mailbox`)).status).toBe(404);
  const production = await startServer({ smtpUrl: undefined, production: true });
  expect((await fetch(`${production.url}/dev/mailbox`)).status).toBe(404);
});
