import { expect, test } from 'vitest';
import { createMailer } from '../../src/outbound/mail/mail.ts';
import { startSmtpSink } from '../harness/smtp-sink.ts';

const MAIL = {
  from: 'Usher <no-reply@usher.test>',
  to: { address: 'someone@example.test' },
  subject: 'Hello',
  html: '<p>Hello</p>',
  messageId: '<one@usher.test>',
  date: new Date('2026-05-04T10:00:00Z'),
};

test('a password for the mail server crosses a network only under TLS', async () => {
  const sink = await startSmtpSink();
  const { port } = new URL(sink.url);
  // This machine under a name that does not reveal it.
  const mailer = createMailer({ url: `smtp://user:password@0.0.0.0:${port}`, timeout: 5000 });
  const open = createMailer({ url: `smtp://user:password@127.0.0.1:${port}`, timeout: 5000 });
  try {
    expect((await mailer.send(MAIL)).kind).toBe('held');
    expect(sink.mails).toHaveLength(0);
    expect((await open.send(MAIL)).kind).toBe('sent');
  } finally {
    mailer.close();
    open.close();
    await sink.close();
  }
});
