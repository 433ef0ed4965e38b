import {
  type Address as AnyAddress,
  composeLetter,
  envelopeAddress,
  parseAddress,
} from './compose.ts';
import { plainTextOf } from './plain-text.ts';
import { isAboutUs } from './refused-sender.ts';
import { createSmtpPool, type SmtpFailure } from './smtp-pool.ts';

export type Mail = {
  /** `Name <address>` or a bare address. */
  from: string;
  to: { name?: string | undefined; address: string };
  subject: string;
  html: string;
  /** Made from the HTML when absent. */
  text?: string | undefined;
  /** `id@domain`, without angle brackets; the same for every attempt. */
  messageId: string;
  date: Date;
  headers?: Record<string, string> | undefined;
};

export type SendOutcome =
  | { kind: 'sent'; response: string }
  /** The server said no for good, or the mail can't be sent as it is. */
  | { kind: 'refused'; problem: string }
  /** Worth another try. */
  | { kind: 'failed'; problem: string }
  /** Nothing about this mail: the server can't be reached, or refuses us or our sender. Every other mail would fare the same. */
  | { kind: 'held'; problem: string };

export type Mailer = {
  send(mail: Mail): Promise<SendOutcome>;
  /** How many mails travel at once; more only wait. */
  concurrency: number;
  close(): void;
};

/**
 * A way out for mails over SMTP.
 * @param concurrency connections at most, 20 unless told
 * @param timeout milliseconds for each step of a delivery, 30 s unless told
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
      let letter: string;
      let from: string;
      let to: string;
      try {
        const sender = senderOf(mail.from);
        from = envelopeAddress(sender.address);
        to = envelopeAddress(mail.to.address);
        letter = composeLetter({
          ...mail,
          from: sender,
          text: mail.text ?? plainTextOf(mail.html),
        });
      } catch (error) {
        return { kind: 'refused', problem: error instanceof Error ? error.message : 'unknown' };
      }
      const outcome = await pool.deliver({ from, to }, letter);
      if (outcome.kind === 'accepted') return { kind: 'sent', response: outcome.response };
      const { failure } = outcome;
      const problem = describe(failure);
      if (isAboutUs(failure)) return { kind: 'held', problem };
      return { kind: isFinal(failure) ? 'refused' : 'failed', problem };
    },
    close: () => pool.close(),
  };
}

/** RFC 5321 §4.2.1: 5yz is final. */
function isFinal({ code }: SmtpFailure): boolean {
  return code !== null && code >= 500;
}

/** Filters quote what they didn't like: a one-time link must not come to rest in what is kept of a failure. */
function describe(failure: SmtpFailure): string {
  const text = failure.message
    .replace(/\s+/g, ' ')
    .replace(/ticket=[^\s"'<>]*|[A-Za-z0-9]{24,}/gi, '…')
    .trim();
  return failure.command ? `${text} (${failure.command})` : text;
}

/** What a mail's HTML says, for readers without HTML. */
export function textOfMail(html: string): string {
  return plainTextOf(html);
}
