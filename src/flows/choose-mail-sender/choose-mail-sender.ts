import { createMailer, type Mailer } from '../../outbound/mail/mail.ts';
import type { Db } from '../../platform/db/db.ts';
import { type EmailProvider, readEmailProvider } from '../../records/settings/settings.ts';

export type Sender = { mailer: Mailer; from: string };

/**
 * Returns a sender for mails that uses the server configured through the API, or else the one of the environment. It reads the
 * configuration at each delivery, so that a change applies without a restart. Connections are reused while nothing changes.
 * @param options.key decrypts what is encrypted at rest
 */
export function createSender(options: { db: Db; key: Buffer; smtpUrl: string; mailFrom: string }): {
  choose(): Promise<Sender>;
  close(): void;
} {
  let current: { url: string; mailer: Mailer } | undefined;
  return {
    async choose() {
      const provider = await readEmailProvider(options.db, options.key);
      const configured = provider?.enabled === true ? provider : null;
      const url = configured ? urlOf(configured) : options.smtpUrl;
      if (current?.url !== url) {
        current?.mailer.close();
        current = { url, mailer: createMailer({ url }) };
      }
      return {
        mailer: current.mailer,
        from: configured?.defaultFromAddress ?? options.mailFrom,
      };
    },
    close() {
      current?.mailer.close();
      current = undefined;
    },
  };
}

function urlOf({ smtp }: EmailProvider): string {
  const url = new URL(`${smtp.port === 465 ? 'smtps' : 'smtp'}://${smtp.host}:${smtp.port ?? 587}`);
  if (smtp.user !== null) url.username = encodeURIComponent(smtp.user);
  if (smtp.password !== null) url.password = encodeURIComponent(smtp.password);
  return url.href;
}
