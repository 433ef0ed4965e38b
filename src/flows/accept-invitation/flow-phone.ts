import type { SmsSender } from '../../outbound/sms/sms.ts';
import { momentAfter } from '../../platform/clock/clock.ts';
import { sameBytes } from '../../platform/crypto/crypto.ts';
import { newId } from '../../platform/ids/ids.ts';
import { languageFor } from '../../platform/locales/locales.ts';
import { textedPhoneNumber } from '../../platform/phone-number/phone-number.ts';
import { readTypedCode } from '../../platform/typed-code/typed-code.ts';
import { CHALLENGE_SECONDS, codeOf } from '../../records/factor-challenges/factor-challenges.ts';
import { readFactorSettings } from '../../records/factor-settings/factor-settings.ts';
import type { FlowPhone, SentCode } from '../../records/invitation-flows/invitation-flows.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { tenantSettings } from '../../records/settings/settings.ts';
import {
  addressKey,
  countAttempt,
  secondsLeft,
  throttleKey,
} from '../../records/throttles/throttles.ts';
import { wordText } from '../../steps/word-texts/word-texts.ts';
import { type FlowStepped, stepFlow } from './change-flow.ts';
import type { FlowAt, FlowDeps } from './flow-view.ts';

export type TextDeps = FlowDeps & {
  audit: Audit;
  /** An origin without a trailing slash. */
  publicUrl: string;
  /** Returns `null` if no phone provider is configured. */
  smsSender(): Promise<SmsSender | null>;
};

/** Why no code was sent. `not-sent`: the provider refused the message. */
export type RefusedPhone =
  | { kind: 'unusable' }
  | { kind: 'throttled'; retryAfterSeconds: number }
  | { kind: 'not-sent' };

/** Why a code was refused. `over`: it has expired or was tried too often. */
export type RefusedCode = { kind: 'wrong' | 'over' };

const MOST_TRIES = 5;
/** Messages of one flow, whatever the number. */
const MOST_MESSAGES = 10;
const TO_ONE_NUMBER_PER_HOUR = 5;
const TYPED_NUMBERS_PER_HOUR = 50;
const HOUR_SECONDS = 3600;

/** Takes a phone number as second factor, and sends a code to it. The number counts after its right code, when the flow completes. */
export async function enterPhone(
  deps: TextDeps,
  input: { secret: string; number: string; ip: string },
): Promise<FlowStepped<RefusedPhone>> {
  const stepped = await stepFlow<RefusedPhone>(deps, { ...input, action: 'phone' }, async (at) => {
    const number = textedPhoneNumber(input.number);
    if (number === null) return { kind: 'refused', why: { kind: 'unusable' } };
    const sent = (at.flow.state.phone?.sent ?? 0) + 1;
    const seconds = await secondsToWait(deps, { number, sent, ip: input.ip });
    if (seconds > 0) {
      return { kind: 'refused', why: { kind: 'throttled', retryAfterSeconds: seconds } };
    }
    const endsAt = momentAfter(deps.clock.now(), CHALLENGE_SECONDS).toISOString();
    const code = { id: newId('fch'), endsAt, tries: 0 };
    return { kind: 'go-on', change: { phone: { number, sent, code, isProved: false } } };
  });
  if (stepped.kind !== 'ok') return stepped;
  // Sent after the change: of many requests at once, one sends a message.
  if (await textCode(deps, stepped.at, input.ip)) return stepped;
  return { kind: 'refused', at: stepped.at, why: { kind: 'not-sent' } };
}

/** Checks the code that was sent to the phone. Each try is counted with its outcome, by a change of which only one counts. */
export function provePhone(
  deps: FlowDeps,
  input: { secret: string; code: string },
): Promise<FlowStepped<RefusedCode>> {
  return stepFlow<RefusedCode>(deps, { ...input, action: 'phone-code' }, async ({ flow }) => {
    const { phone } = flow.state;
    const { code } = phone ?? {};
    if (!phone || !code || isOver(code, deps.clock.now())) {
      return { kind: 'refused', why: { kind: 'over' } };
    }
    const typed = Buffer.from(readTypedCode(input.code));
    if (sameBytes(typed, Buffer.from(codeOf(deps.keys.ticket, code.id)))) {
      return { kind: 'go-on', change: { phone: { ...phone, code: null, isProved: true } } };
    }
    const tried: FlowPhone = { ...phone, code: { ...code, tries: code.tries + 1 } };
    return { kind: 'refused', why: { kind: 'wrong' }, change: { phone: tried } };
  });
}

function isOver({ endsAt, tries }: SentCode, now: Date): boolean {
  return tries >= MOST_TRIES || new Date(endsAt) <= now;
}

/** Returns the seconds to wait, or `0` if a code may be sent. Invitations cost nothing, but text messages do. */
async function secondsToWait(
  { db, clock }: FlowDeps,
  { number, sent, ip }: { number: string; sent: number; ip: string },
): Promise<number> {
  if (sent > MOST_MESSAGES) return HOUR_SECONDS;
  const now = clock.now();
  for (const { key, most } of [
    { key: throttleKey('flow-text-to', number), most: TO_ONE_NUMBER_PER_HOUR },
    { key: addressKey('enrollment-text-from', ip), most: TYPED_NUMBERS_PER_HOUR },
  ]) {
    if ((await countAttempt(db, { key, windowSeconds: HOUR_SECONDS, now })) > most) {
      return Math.max(1, await secondsLeft(db, { key, now }));
    }
  }
  return 0;
}

/** Returns false if the message was not sent. */
async function textCode(deps: TextDeps, { flow, view }: FlowAt, ip: string): Promise<boolean> {
  const { db, keys, audit, publicUrl } = deps;
  const { phone } = flow.state;
  if (!phone?.code) return false;
  const [settings, tenant, sender] = await Promise.all([
    readFactorSettings(db),
    tenantSettings(db),
    deps.smsSender(),
  ]);
  const text = await wordText(deps, {
    occasion: 'enrollment',
    own: settings.phone.templates?.enrollment ?? null,
    facts: {
      code: codeOf(keys.ticket, phone.code.id),
      channel: 'sms',
      language: languageFor(null, tenant.enabledLocales),
      wish: null,
      friendlyName: tenant.friendlyName ?? new URL(publicUrl).hostname,
      supportEmail: tenant.supportEmail,
      supportUrl: tenant.supportUrl,
    },
  });
  const outcome = (await sender?.send({ to: phone.number, text, channel: 'sms' })) ?? {
    kind: 'failed' as const,
    problem: 'No phone provider is configured.',
  };
  const event = { userName: view.invitation.email, clientId: flow.clientId, ip };
  if (outcome.kind === 'failed') {
    audit.record({ ...event, type: 'gd_send_sms_failure', description: outcome.problem });
    return false;
  }
  audit.record({ ...event, type: 'gd_send_sms' });
  return true;
}
