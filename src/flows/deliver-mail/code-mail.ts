import type { Db } from '../../platform/db/db.ts';
import { PAGE_PATHS } from '../../platform/page-paths/page-paths.ts';
import { type Client, findClient } from '../../records/clients/clients.ts';
import {
  type Connection,
  codeRulesOf,
  findConnection,
} from '../../records/connections/connections.ts';
import type { Message } from '../../records/messages/messages.ts';
import {
  findPasswordlessCode,
  passwordlessDigits,
} from '../../records/passwordless-codes/passwordless-codes.ts';
import {
  findPasswordlessLink,
  passwordlessLinkSecret,
} from '../../records/passwordless-links/passwordless-links.ts';

/** A login code or link, and the connection's own template for its mail. */
export type CodeMail = {
  /** Either the code or the link is empty. */
  code: string;
  url: string;
  client: Client | undefined;
  expiresAt: Date;
  connection: Connection;
  template: { subject: string | null; body: string | null; from: string | null };
};

/** Returns the id of the code or link that a mail is about, or `null` for other mails. */
export function passwordlessIdOf(message: Message): string | null {
  if (message.template === 'passwordless_code') return message.data.passwordlessId;
  return message.template === 'passwordless_link' ? message.data.passwordlessLinkId : null;
}

/** Reads what the mails with login codes and links need. Omits expired ones. */
export async function readCodeMails(
  db: Db,
  messages: Message[],
  { key, now, publicUrl }: { key: Buffer; now: Date; publicUrl: string },
): Promise<Map<string, CodeMail>> {
  const mails = new Map<string, CodeMail>();
  for (const message of messages) {
    const id = passwordlessIdOf(message);
    if (id === null) continue;
    const isLink = message.template === 'passwordless_link';
    const found = isLink
      ? await findPasswordlessLink(db, { id, now })
      : await findPasswordlessCode(db, { id, now });
    const connection = found && (await findConnection(db, found.connectionId));
    if (!found || !connection) continue;
    const { length, mail } = codeRulesOf(connection);
    mails.set(found.id, {
      code: isLink ? '' : passwordlessDigits(key, id, length),
      // The login continues on this host: its cookies belong to it.
      url: isLink
        ? `${publicUrl}${PAGE_PATHS.passwordlessLink}?ticket=${passwordlessLinkSecret(key, id)}`
        : '',
      client: (await findClient(db, found.clientId)) ?? undefined,
      connection,
      // A template written for codes has no place for a link.
      template: isLink && !/\b(link|url)\b/.test(mail.body ?? '') ? NO_TEMPLATE : mail,
      expiresAt: found.expiresAt,
    });
  }
  return mails;
}

const NO_TEMPLATE = { subject: null, body: null, from: null };
