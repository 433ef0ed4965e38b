import { EgressError } from '../../platform/egress/egress.ts';
import { parseJson } from '../../platform/json/json.ts';
import type { DirectoryFailure, LegacyProfile } from './directory.ts';
import { readProfile } from './read-profile.ts';

const MOST_TEXT = 300;

export function unavailable(why: DirectoryFailure['why'], problem: string): DirectoryFailure {
  return { kind: 'unavailable', why, problem: problem.slice(0, MOST_TEXT) };
}

/** Checks a profile in the form of Auth0's custom databases. */
export function found(
  value: unknown,
  notStored: string[],
): { kind: 'found'; profile: LegacyProfile } | DirectoryFailure {
  const read = readProfile(value, notStored);
  return read.kind === 'profile'
    ? { kind: 'found', profile: read.profile }
    : unavailable('invalid-profile', read.problem);
}

/** Returns why a call failed that the rules of outgoing calls or the network have ended. */
export function failureOf(error: unknown): DirectoryFailure {
  if (!(error instanceof EgressError)) {
    return unavailable('failed', error instanceof Error ? error.message : 'The call failed.');
  }
  switch (error.reason) {
    case 'slow':
      return unavailable('timed-out', error.message);
    case 'large':
      return unavailable('too-large', error.message);
    case 'forbidden':
      return unavailable('refused-here', error.message);
    default:
      return unavailable('failed', error.message);
  }
}

/** Returns what a JSON text says, and `null` for a text that is none, or nested too deep. */
export function jsonIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}
