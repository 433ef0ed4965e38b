import {
  type Address as AnyAddress,
  composeMail,
  envelopeAddress,
  parseAddress,
} from './compose.ts';
import { isSenderRefused } from './is-sender-refused.ts';
import { plainTextOf } from './plain-text.ts';
import { createSmtpPool, type SmtpFailure } from './smtp-pool.ts';

export type Mail = {
  /** `Name <address>` or a bare address. */
  from: string;
  to: { name?: string | undefined; address: string };
  subject: string;
  html: string;
  /** Default: derived from the HTML. */
  text?: string | undefined;
  /** `id@domain`, without angle brackets. Every attempt uses the same id. */
  messageId: string;
  date: Date;
  headers?: Record<string, string> | undefined;
};

export type SendOutcome =
  | { kind: 'sent'; response: string }
  /** The server rejected the mail permanently, or the mail cannot be sent as it is. */
  | { kind: 'refused'; problem: string }
  /** A retry may succeed. */
  | { kind: 'failed'; problem: string }
  /** The mail is not the cause: the server cannot be reached, or it rejects this server or the sender. Every other mail would fail too. */
  | { kind: 'held'; problem: string };

export type Mailer = {
  send(mail: Mail): Promise<SendOutcome>;
  /** Maximum number of mails in transit at a time. Further mails wait. */
  concurrency: number;
  close(): void;
};

/**
 * Creates a client that sends mails over SMTP.
 * @param concurrency maximum number of connections. Default: 20.
 * @param timeout milliseconds for each step of a delivery. Default: 30,000.
 */
export function createMailer(options: {
  url: string;
  concurrency?: number;
  timeout?: number;
}): Mailer {
  const concurrency = options.concurrency ?? 20;
  const pool = createSmtpPool({
    url: options.url,
    size: concurrency,
    timeout: options.timeout ?? 30_000,
  });
  const senders = new Map<string, AnyAddress>();
  const senderOf = (text: string): AnyAddress => {
    const known = senders.get(text);
    if (known) return known;
    if (senders.size > 1000) senders.clear();
    const parsed = parseAddress(text);
    senders.set(text, parsed);
    return parsed;
  };
  return {
    concurrency,
    async send(mail) {
      let wireFormat: string;
      let from: string;
      let to: string;
      try {
        const sender = senderOf(mail.from);
        from = envelopeAddress(sender.address);
        to = envelopeAddress(mail.to.address);
        wireFormat = composeMail({
          ...mail,
          from: sender,
          text: mail.text ?? plainTextOf(mail.html),
        });
      } catch (error) {
        return { kind: 'refused', problem: error instanceof Error ? error.message : 'unknown' };
      }
      const outcome = await pool.deliver({ from, to }, wireFormat);
      if (outcome.kind === 'accepted') return { kind: 'sent', response: outcome.response };
      const { failure } = outcome;
      const problem = describe(failure);
      if (isSenderRefused(failure)) return { kind: 'held', problem };
      return { kind: isFinal(failure) ? 'refused' : 'failed', problem };
    },
    close: () => pool.close(),
  };
}

/** RFC 5321 §4.2.1: a 5yz reply is permanent. */
function isFinal({ code }: SmtpFailure): boolean {
  return code !== null && code >= 500;
}

/** Describes a failure without one-time links: spam filters quote the text they reject, and failures are stored. */
function describe(failure: SmtpFailure): string {
  const text = failure.message
    .replace(/\s+/g, ' ')
    .replace(/ticket=[^\s"'<>]*|[A-Za-z0-9]{24,}/gi, '…')
    .trim();
  return failure.command ? `${text} (${failure.command})` : text;
}

/** Returns the text alternative of a mail's HTML. */
export function textOfMail(html: string): string {
  return plainTextOf(html);
}
