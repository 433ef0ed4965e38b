import type { RequestContext } from '../../platform/request-context/request-context.ts';
import type { LogEvent } from './log-event.ts';

const WINDOW_MS = 60_000;
const MOST_KEYS = 10_000;
/** Failures of one kind per minute that are logged one by one: per address, and in total. */
const FAILURES_FROM_ADDRESS = 60;
const FAILURES_IN_ALL = 600;

const FAILURE = /^(?:f(?!api)|limit_|gd_.*(?:fail|rate_limit)|.*pwd_leak)/;

/** An event and the request that caused it. It may be passed on after the request. */
export type Seen = { event: LogEvent; request: RequestContext | null };

type Gathered = { ends: number; noted: number; more: number; last: Seen };

/**
 * Gathers repeated failures, so that a client that fails again and again does not fill the log. The first ones of a minute are passed on at
 * once. The others become one event with their number.
 */
export function gatherRepeats(now: () => Date, letThrough: (seen: Seen) => void) {
  const open = new Map<string, Gathered>();

  function writeGathered(key: string): void {
    const gathered = open.get(key);
    open.delete(key);
    if (gathered === undefined || gathered.more === 0) return;
    const { last, more } = gathered;
    const { event, request } = last;
    letThrough({ request, event: { ...event, details: { ...event.details, repeated: more } } });
  }

  function windowOf(key: string, last: Seen): Gathered {
    const at = now().getTime();
    const known = open.get(key);
    // A clock may be set back.
    if (known && at < known.ends && at >= known.ends - WINDOW_MS) return known;
    writeGathered(key);
    if (open.size >= MOST_KEYS) for (const each of open.keys()) writeGathered(each);
    const fresh = { ends: at + WINDOW_MS, noted: 0, more: 0, last };
    open.set(key, fresh);
    return fresh;
  }

  return {
    add(seen: Seen): void {
      for (const [key, most] of limitsOf(seen)) {
        const window = windowOf(key, seen);
        if (window.noted < most) {
          window.noted++;
          continue;
        }
        window.more++;
        window.last = seen;
        return;
      }
      letThrough(seen);
    },
    /** Passes on what was gathered in past minutes, or everything if `at` is omitted. */
    settleUntil(at?: Date): void {
      for (const [key, { ends }] of open) {
        if (at === undefined || ends <= at.getTime()) writeGathered(key);
      }
    },
  };
}

function limitsOf({ event, request }: Seen): [key: string, most: number][] {
  const { type, repeats } = event;
  const ip = event.ip ?? request?.ip ?? null;
  if (repeats !== undefined) return [[`${type} ${repeats}`, 1]];
  // An event outside a request is not caused by strangers.
  if (!FAILURE.test(type) || ip === null) return [];
  return [
    [`${type} from ${ip}`, FAILURES_FROM_ADDRESS],
    [type, FAILURES_IN_ALL],
  ];
}
