import type { SmsSender, Text, TextOutcome } from '../../outbound/sms/sms.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { phoneNumberFacts } from '../../platform/phone-number/phone-number.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { limitText, type TextOrigin } from './limit-text.ts';

export { type TextUse, textUse } from './limit-text.ts';

export type SendTextDeps = {
  db: Db;
  clock: Clock;
  audit: Audit;
  /** Returns `null` if no phone provider is configured. */
  smsSender(): Promise<SmsSender | null>;
};

/** Who causes a text, for the tenant log. */
export type TextEvent = {
  userId?: string | null;
  userName?: string | null;
  connectionId?: string | null;
  clientId: string | null;
  ip: string;
};

export type TextPrepared =
  | { kind: 'ready'; send(text: string): Promise<TextOutcome> }
  /** Numbers like this get no texts: the country is not allowed, or the number is a premium one or belongs to nobody. */
  | { kind: 'unreachable' }
  | { kind: 'throttled'; retryAfterSeconds: number }
  | { kind: 'failed'; problem: string };

/**
 * Checks whether a text or a call with a code may go to a number, counts it, and returns the function that sends it. There is no other way
 * to send one. Ask before anything is known of the recipient's account: the answer then tells nothing about it.
 */
export async function prepareText(
  deps: SendTextDeps,
  input: TextOrigin & { channel: Text['channel']; event: TextEvent },
): Promise<TextPrepared> {
  const { db, clock, audit } = deps;
  const { to, channel, event } = input;
  const type = channel === 'voice' ? 'gd_send_voice_failure' : 'gd_send_sms_failure';
  const facts = phoneNumberFacts(to);
  const limited = await limitText(db, input, facts, clock.now());
  if (limited.kind === 'go-on') {
    const sender = await deps.smsSender();
    if (sender !== null) {
      return { kind: 'ready', send: (text) => sender.send({ to, text, channel }) };
    }
    const problem = 'No phone provider is configured.';
    audit.record({ ...event, type, description: problem });
    return { kind: 'failed', problem };
  }
  const { why, description } = limited;
  audit.record({
    ...event,
    type,
    description,
    details: { limit: why, country: facts.country },
    repeats: `${why} ${facts.country}`,
  });
  return limited.kind === 'unreachable'
    ? { kind: 'unreachable' }
    : { kind: 'throttled', retryAfterSeconds: limited.retryAfterSeconds };
}
