import type { Db } from '../../platform/db/db.ts';
import type { phoneNumberFacts } from '../../platform/phone-number/phone-number.ts';
import {
  attackProtection,
  type TextLimits,
} from '../../records/attack-protection/attack-protection.ts';
import {
  addressKey,
  countAttempt,
  countSent,
  type Origin,
  readCounts,
  secondsLeft,
  type ThrottledAccount,
  throttleKey,
} from '../../records/throttles/throttles.ts';

/** A text that is to be sent. */
export type TextOrigin = {
  /** In canonical form. */
  to: string;
  /** The number is a factor that its owner has confirmed. Numbers that anybody can type cannot use up what such factors may get. */
  isProven: boolean;
  /** Whose known places have an allowance of their own, and the kind of the guesses that make places known. */
  whom: ThrottledAccount;
  guessed: string;
  origin: Origin;
};

export type TextLimited =
  | { kind: 'go-on' }
  | { kind: 'unreachable'; why: 'country' | 'number'; description: string }
  | {
      kind: 'throttled';
      why: 'number' | 'address' | 'country' | 'total';
      description: string;
      retryAfterSeconds: number;
    };

const HOUR_SECONDS = 3600;

/**
 * Counts a text before it is sent, on all nodes together: per number, per address, per country and in total. The first limit that it exceeds
 * refuses it.
 */
export async function limitText(
  db: Db,
  text: TextOrigin,
  facts: ReturnType<typeof phoneNumberFacts>,
  now: Date,
): Promise<TextLimited> {
  const limits = (await attackProtection(db)).textLimits;
  const unreachable = unreachableBecause(limits, facts);
  if (unreachable !== null) return unreachable;
  const { to, isProven, origin } = text;
  const seconds = await countSent(db, {
    what: 'text-to',
    guessed: text.guessed,
    whom: text.whom,
    to: `${poolOf(isProven)} ${to}`,
    origin,
    most: limits.perNumber,
    windowSeconds: HOUR_SECONDS,
    now,
  });
  if (seconds > 0) return throttled('number', seconds);
  const counters: { why: keyof typeof LIMITS; key: string; most: number }[] = [
    // Many people who have proved their numbers can share an address.
    ...(isProven
      ? []
      : [
          {
            why: 'address' as const,
            key: addressKey('text-from', origin.ip),
            most: limits.perAddress,
          },
        ]),
    { why: 'country', key: countryKey(facts.country ?? '', isProven), most: limits.perCountry },
    { why: 'total', key: totalKey(isProven), most: limits.total },
  ];
  for (const { why, key, most } of counters) {
    if ((await countAttempt(db, { key, windowSeconds: HOUR_SECONDS, now })) > most) {
      return throttled(why, Math.max(1, await secondsLeft(db, { key, now })));
    }
  }
  return { kind: 'go-on' };
}

function unreachableBecause(
  { countries, refuseUnassigned }: TextLimits,
  { country, kind }: ReturnType<typeof phoneNumberFacts>,
): Extract<TextLimited, { kind: 'unreachable' }> | null {
  const number = (description: string) =>
    ({ kind: 'unreachable', why: 'number', description }) as const;
  if (kind === 'unusual') return number('The number has a premium rate, or is not for texts.');
  if (kind === 'unassigned' && refuseUnassigned) return number('The number belongs to nobody.');
  if (kind === 'usual' && country === null) return number('The number belongs to no country.');
  if (countries === null) return null;
  const isListed = country !== null && countries.list.includes(country);
  if (isListed === (countries.mode === 'allow')) return null;
  const description = 'Numbers of this country get no text messages.';
  return { kind: 'unreachable', why: 'country', description };
}

function throttled(why: keyof typeof LIMITS, retryAfterSeconds: number): TextLimited {
  return { kind: 'throttled', why, description: LIMITS[why], retryAfterSeconds };
}

const LIMITS = {
  number: 'Too many texts to this number in an hour.',
  address: 'Too many texts from this address in an hour.',
  country: 'Too many texts to this country in an hour.',
  total: 'Too many texts in an hour.',
};

/** Texts of the running hour, sent and refused. */
export type TextUse = { total: number; countries: { country: string; count: number }[] };

/** Returns how many texts were asked for in the running hour, in total and by country, the most first. */
export async function textUse(db: Db, countries: Iterable<string>, now: Date): Promise<TextUse> {
  const pools = [true, false];
  const keys = [...countries].map((country) => ({
    country,
    keys: pools.map((isProven) => countryKey(country, isProven)),
  }));
  const totals = pools.map(totalKey);
  const counts = await readCounts(db, [...totals, ...keys.flatMap((each) => each.keys)], now);
  const sum = (of: string[]) => of.reduce((count, key) => count + (counts.get(key) ?? 0), 0);
  return {
    total: sum(totals),
    countries: keys
      .map((each) => ({ country: each.country, count: sum(each.keys) }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count),
  };
}

const poolOf = (isProven: boolean) => (isProven ? 'proven' : 'typed');
const countryKey = (country: string, isProven: boolean) =>
  throttleKey('texts-to-country', country, poolOf(isProven));
const totalKey = (isProven: boolean) => throttleKey('texts', poolOf(isProven));
