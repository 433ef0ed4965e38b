import { expect, test } from 'vitest';
import { gatherRepeats, type Seen } from './gather-repeats.ts';

const from = (ip: string) => ({ ip, userAgent: ip, hostname: null, clientLibrary: null });

test('gathered failures keep the address they came from, whichever event follows the minute', () => {
  let now = new Date(0);
  const through: Seen[] = [];
  const repeats = gatherRepeats(
    () => now,
    (seen) => through.push(seen),
  );
  // More than are logged one by one, from many addresses.
  for (let at = 0; at < 700; at++) {
    repeats.add({ event: { type: 'fcp' }, request: from(`192.0.2.${at % 100}`) });
  }
  expect(through).toHaveLength(600);
  now = new Date(61_000);
  repeats.add({ event: { type: 'fcp' }, request: from('198.51.100.1') });
  const summary = through.find(({ event }) => event.details?.repeated !== undefined);
  expect(summary).toMatchObject({
    event: { type: 'fcp', details: { repeated: 100 } },
    request: { ip: '192.0.2.99' },
  });
});
