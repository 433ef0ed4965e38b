import { momentAfter } from '../../../platform/clock/clock.ts';
import { sameBytes } from '../../../platform/crypto/crypto.ts';
import { newId } from '../../../platform/ids/ids.ts';
import { languageFor } from '../../../platform/locales/locales.ts';
import { textedPhoneNumber } from '../../../platform/phone-number/phone-number.ts';
import { readTypedCode } from '../../../platform/typed-code/typed-code.ts';
import { CHALLENGE_SECONDS, codeOf } from '../../../records/factor-challenges/factor-challenges.ts';
import { readFactorSettings } from '../../../records/factor-settings/factor-settings.ts';
import type { FlowPhone, SentCode } from '../../../records/invitation-flows/invitation-flows.ts';
import { tenantSettings } from '../../../records/settings/settings.ts';
import {
  prepareText,
  type SendTextDeps,
  type TextPrepared,
} from '../../../steps/send-text/send-text.ts';
import { wordText } from '../../../steps/word-texts/word-texts.ts';
import { type FlowStepped, stepFlow } from './change-flow.ts';
import type { FlowAt, FlowDeps } from './flow-view.ts';

export type TextDeps = FlowDeps &
  SendTextDeps & {
    /** An origin without a trailing slash. */
    publicUrl: string;
  };

type Ready = Extract<TextPrepared, { kind: 'ready' }>;

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
const HOUR_SECONDS = 3600;

/**
 * Takes a phone number as second factor, and sends a code to it. The number counts after its right code, when the flow completes. An
 * authenticator application that waits for its first code is given up: the person has chosen anew.
 */
export async function enterPhone(
  deps: TextDeps,
  input: { secret: string; number: string; ip: string },
): Promise<FlowStepped<RefusedPhone>> {
  const ready: Ready[] = [];
  const stepped = await stepFlow<RefusedPhone>(deps, { ...input, action: 'phone' }, async (at) => {
    const number = textedPhoneNumber(input.number);
    if (number === null) return { kind: 'refused', why: { kind: 'unusable' } };
    const sent = (at.flow.state.phone?.sent ?? 0) + 1;
    const prepared = await prepare(deps, at, { number, sent, ip: input.ip });
    if (prepared.kind !== 'ready') return { kind: 'refused', why: prepared };
    ready.push(prepared);
    const endsAt = momentAfter(deps.clock.now(), CHALLENGE_SECONDS).toISOString();
    const code = { id: newId('fch'), endsAt, tries: 0 };
    const { totp } = at.flow.state;
    const kept = totp?.step === null ? null : totp;
    return {
      kind: 'go-on',
      change: { phone: { number, sent, code, isProved: false }, totp: kept },
    };
  });
  const [text] = ready;
  if (stepped.kind !== 'ok' || text === undefined) return stepped;
  // Sent after the change: of many requests at once, one sends a message.
  const outcome = await text.send(await textOf(deps, stepped.at));
  const event = eventOf(stepped.at, input.ip);
  if (outcome.kind === 'failed') {
    const description = outcome.problem;
    deps.audit.record({ ...event, type: 'gd_send_sms_failure', description });
    return { kind: 'refused', at: stepped.at, why: { kind: 'not-sent' } };
  }
  deps.audit.record({ ...event, type: 'gd_send_sms' });
  return stepped;
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

/** Asks whether a code may be sent. Invitations cost nothing, but text messages do. */
async function prepare(
  deps: TextDeps,
  at: FlowAt,
  { number, sent, ip }: { number: string; sent: number; ip: string },
): Promise<Ready | RefusedPhone> {
  if (sent > MOST_MESSAGES) return { kind: 'throttled', retryAfterSeconds: HOUR_SECONDS };
  const prepared = await prepareText(deps, {
    to: number,
    isProven: false,
    whom: { accountId: at.flow.id },
    guessed: 'second-factor',
    origin: { ip, browser: null },
    channel: 'sms',
    event: eventOf(at, ip),
  });
  if (prepared.kind === 'unreachable') return { kind: 'unusable' };
  return prepared.kind === 'failed' ? { kind: 'not-sent' } : prepared;
}

async function textOf({ db, keys, audit, publicUrl }: TextDeps, { flow }: FlowAt): Promise<string> {
  const [settings, tenant] = await Promise.all([readFactorSettings(db), tenantSettings(db)]);
  return wordText(
    { audit },
    {
      occasion: 'enrollment',
      own: settings.phone.templates?.enrollment ?? null,
      facts: {
        code: codeOf(keys.ticket, flow.state.phone?.code?.id ?? ''),
        channel: 'sms',
        language: languageFor(null, tenant.enabledLocales),
        wish: null,
        friendlyName: tenant.friendlyName ?? new URL(publicUrl).hostname,
        supportEmail: tenant.supportEmail,
        supportUrl: tenant.supportUrl,
      },
    },
  );
}

function eventOf({ flow, view }: FlowAt, ip: string) {
  return { userName: view.invitation.email, clientId: flow.clientId, ip };
}
