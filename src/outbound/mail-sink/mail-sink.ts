import { once } from 'node:events';
import { join } from 'node:path';
import PostalMime, { decodeWords } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { Clock } from '../../platform/clock/clock.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { openMailFile, type SunkMail } from './mail-file.ts';

export type { SunkMail } from './mail-file.ts';

export type SunkMailInFull = SunkMail & {
  html: string | null;
  text: string | null;
  headers: { name: string; value: string }[];
  raw: string;
};

export type MailSink = {
  /** SMTP URL that accepts mails: `smtp://127.0.0.1:…`. */
  url: string;
  /** Returns mails, newest first. `to` matches any part of a recipient's address. */
  list(query: { to?: string | undefined; offset: number; limit: number }): {
    mails: SunkMail[];
    total: number;
  };
  read(id: number): Promise<SunkMailInFull | null>;
  close(): Promise<void>;
};

const MAX_MAIL_BYTES = 10 * 1024 * 1024;
const MAX_FILE_BYTES = 128 * 1024 * 1024;

/**
 * Starts a real SMTP server on this machine. It keeps the mails it receives and forwards none: for development without a mail server. The
 * mails are in `mailbox` below `dataDir`; the oldest are deleted when the limit is reached.
 */
export async function startMailSink(options: { dataDir: string; clock: Clock }): Promise<MailSink> {
  const file = await openMailFile(join(options.dataDir, 'mailbox'), MAX_FILE_BYTES);
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
    size: MAX_MAIL_BYTES,
    maxClients: 200,
    onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope;
      keep(stream, {
        from: mailFrom === false ? '' : mailFrom.address,
        to: rcptTo.map((sMTPServerAddress) => canonicalIdentifier(sMTPServerAddress.address)),
      }).then(
        () => done(),
        (error: Error) => done(error),
      );
    },
  });

  async function keep(
    stream: AsyncIterable<Buffer>,
    envelope: { from: string; to: string[] },
  ): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    const receivedAt = options.clock.now().toISOString();
    await file.append({ receivedAt, ...envelope, subject: subjectOf(raw) }, raw);
  }

  // A client that drops its connection is not a fault of the server.
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const address = server.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    url: `smtp://127.0.0.1:${port}`,
    list({ to, offset, limit }) {
      const wanted = canonicalIdentifier(to ?? '');
      const all = file.entries();
      const found =
        wanted === ''
          ? all
          : all.filter((sunkMail) => sunkMail.to.some((address) => address.includes(wanted)));
      return { mails: found.slice(offset, offset + limit), total: found.length };
    },
    async read(id) {
      const found = await file.read(id);
      if (!found) return null;
      const mail = await PostalMime.parse(found.raw);
      return {
        ...found.entry,
        html: mail.html ?? null,
        text: mail.text ?? null,
        headers: mail.headers.map(({ key, value }) => ({ name: key, value })),
        raw: found.raw.toString('utf8'),
      };
    },
    async close() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
      await file.close();
    },
  };
}

/** Reads the subject from the head, without parsing the body. */
function subjectOf(raw: Buffer): string {
  const end = raw.indexOf('\r\n\r\n');
  const head = raw.toString('utf8', 0, end < 0 ? Math.min(raw.length, 65_536) : end);
  const folded = /^subject:((?:.|\r\n[ \t])*)$/im.exec(head)?.[1] ?? '';
  return decodeWords(folded.replace(/\r\n[ \t]/g, ' ').trim()).slice(0, 500);
}
