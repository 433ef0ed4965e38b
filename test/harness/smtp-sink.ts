import { EventEmitter, once } from 'node:events';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export type ReceivedMail = {
  /** Envelope recipients, in lower case. */
  to: string[];
  from: string;
  /** The parsed message: subject, text, html, headers, messageId. */
  mail: Email;
  raw: string;
};

/** The sink's answer instead of an acceptance. `undefined` accepts. A 4xx asks for a retry, a 5xx is final. */
export type Answer = (mail: ReceivedMail) => { code: number; message?: string } | undefined;

export type SmtpSink = {
  url: string;
  /** Accepted mails, oldest first. */
  mails: ReceivedMail[];
  answerWith(answer: Answer): void;
  /** The sink's answer to a step before the mail itself. `null` accepts. */
  refuse(step: 'MAIL FROM' | 'RCPT TO' | null, answer?: { code: number; message: string }): void;
  /** Returns the newest accepted mail to this address that matches, and waits for it if there is none yet. */
  waitForMail(
    to: string,
    options?: { where?: (mail: ReceivedMail) => boolean; seconds?: number },
  ): Promise<ReceivedMail>;
  close(): Promise<void>;
};

/** A real SMTP server that keeps accepted mails. */
export async function startSmtpSink(): Promise<SmtpSink> {
  const mails: ReceivedMail[] = [];
  const arrivals = new EventEmitter().setMaxListeners(0);
  let answer: Answer = () => undefined;
  let refusal: { step: string; code: number; message: string } | null = null;
  const answerTo = (step: string, done: (error?: Error | null) => void) => {
    if (refusal?.step !== step) return done();
    done(Object.assign(new Error(refusal.message), { responseCode: refusal.code }));
  };

  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
    onAuth: (_auth, _session, done) => done(null, { user: 'any' }),
    onMailFrom: (_address, _session, done) => answerTo('MAIL FROM', done),
    onRcptTo: (_address, _session, done) => answerTo('RCPT TO', done),
    onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope;
      receive(stream, {
        to: rcptTo.map((sMTPServerAddress) => sMTPServerAddress.address.toLowerCase()),
        from: mailFrom === false ? '' : mailFrom.address,
      })
        .then((mail) => {
          const refused = answer(mail);
          if (refused) {
            done(
              Object.assign(new Error(refused.message ?? 'refused'), {
                responseCode: refused.code,
              }),
            );
            return;
          }
          mails.push(mail);
          arrivals.emit('mail');
          done();
        })
        .catch(done);
    },
  });
  // A client that drops its connection must not end the test process.
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const address = server.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    answerWith: (next) => {
      answer = next;
    },
    refuse(step, answer = { code: 550, message: 'refused' }) {
      refusal = step === null ? null : { step, ...answer };
    },
    async waitForMail(to, { where = () => true, seconds = 30 } = {}) {
      const signal = AbortSignal.timeout(seconds * 1000);
      for (;;) {
        const found = mails.findLast((mail) => mail.to.includes(to.toLowerCase()) && where(mail));
        if (found) return found;
        await once(arrivals, 'mail', { signal }).catch(() => {
          const seen = mails.map((mail) => `${mail.to.join(', ')}: ${mail.mail.subject}`);
          throw new Error(`No such mail to ${to} within ${seconds} s. Seen: ${seen.join('; ')}`);
        });
      }
    },
    close: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      return promise;
    },
  };
}

async function receive(
  stream: AsyncIterable<Buffer>,
  envelope: { to: string[]; from: string },
): Promise<ReceivedMail> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  return { ...envelope, mail: await PostalMime.parse(raw), raw: raw.toString('utf8') };
}

/** Returns the first link in a mail's text that matches. Throws if there is none. */
export function linkIn(mail: ReceivedMail, pattern: RegExp = /https?:\/\/\S+/): string {
  const text = mail.mail.text ?? '';
  const found = text.match(pattern)?.[0];
  if (found === undefined) throw new Error(`No ${pattern} in the mail's text:\n${text}`);
  return found.replace(/[)>\].,]+$/, '');
}
