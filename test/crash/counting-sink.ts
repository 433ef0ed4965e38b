import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export type SunkMail = { messageId: string; link: string };

/** A real SMTP server that remembers only the recipient, the Message-ID and the link of each mail. */
export async function startCountingSink() {
  const recipients = new Map<string, SunkMail[]>();
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString('latin1');
        const mail = {
          messageId: /^message-id:\s*(<[^>]+>)/im.exec(raw)?.[1] ?? '',
          // Quoted-printable breaks lines and writes = as =3D.
          link:
            /ticket=([A-Za-z0-9]{32})/.exec(
              raw.replace(/=\r\n/g, '').replaceAll('=3D', '='),
            )?.[1] ?? '',
        };
        for (const { address } of session.envelope.rcptTo) {
          recipients.set(address, [...(recipients.get(address) ?? []), mail]);
        }
        done();
      });
    },
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    recipients,
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}
