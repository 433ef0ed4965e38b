import { beforeAll, expect, test } from 'vitest';
import {
  finishRegistration,
  type PasskeyDeps,
} from '../../src/steps/verify-passkey/verify-passkey.ts';
import { pastTheirReads, ROOM_FOR_SIXTEEN } from '../harness/overtaken.ts';
import { openWorld, type World } from '../harness/world.ts';
import { newAuthenticator } from './authenticator.ts';
import { type Ceremonies, ceremoniesWith } from './ceremony.ts';

const ORIGIN = 'https://login.meadow.test';

let world: World;
let deps: PasskeyDeps;
let ceremonies: Ceremonies;

beforeAll(async () => {
  world = await openWorld(ROOM_FOR_SIXTEEN);
  deps = { db: world.db, clock: world.clock, publicUrl: ORIGIN };
  ceremonies = ceremoniesWith(deps);
});

/** Does this sixteen times, past the reads of what is decided by a table. Returns how often it ended like that. */
async function howMany(table: string, end: string, work: (n: number) => Promise<string>) {
  const kinds = await pastTheirReads(world, { n: 16, tables: [table] }, work);
  return kinds.filter((kind) => kind === end).length;
}

test('of sixteen answers to one challenge, one counts', async () => {
  const { aPasskey, challenge, prove, aPerson, begin } = ceremonies;
  const { authenticator } = await aPasskey();
  // An authenticator without a counter: only the challenge tells one use from another.
  const answer = authenticator.authenticate(await challenge(), { counter: 0 });
  const proves = async () => (await prove(answer)).kind;
  const proved = await howMany('webauthn_challenges', 'proved', proves);
  const made = newAuthenticator(ORIGIN).register(await begin((await aPerson()).id));
  const input = { kind: 'passkey', boundTo: 'here', answer: made } as const;
  const registers = async () => (await finishRegistration(deps, input)).kind;
  const registered = await howMany('webauthn_challenges', 'verified', registers);
  expect({ proved, registered }).toEqual({ proved: 1, registered: 1 });
});

test('of sixteen proofs with one counter, one counts', async () => {
  const { aPasskey, challenge, prove } = ceremonies;
  const { authenticator } = await aPasskey();
  const answers: string[] = [];
  for (let n = 0; n < 16; n++) {
    const options = await challenge('passkey', null, `tab ${n}`);
    answers.push(authenticator.authenticate(options, { counter: 5 }));
  }
  const proves = async (n: number) => (await prove(answers[n] ?? '', 'passkey', `tab ${n}`)).kind;
  expect(await howMany('authentication_methods', 'proved', proves)).toBe(1);
});
