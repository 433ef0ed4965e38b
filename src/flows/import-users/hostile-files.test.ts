import { describe, expect, test } from 'vitest';
import { hostileFiles } from '../../../test/fixtures/hostile-files.ts';
import { chunks, ROOMY } from '../../../test/fixtures/read-rows.ts';
import { cutRows } from '../../platform/rows/rows.ts';
import { identifiersOf } from '../../records/connections/connections.ts';
import { userCsvColumn, validateRow } from './validate-row/validate-row.ts';

/** A connection whose users have usernames. */
const RULES = identifiersOf({
  options: { requires_username: true, validation: { username: { min: 1, max: 128 } } },
});

const MIB = 1024 * 1024;

async function outcomeOf(source: AsyncIterable<Buffer>) {
  let peak = 0;
  const watched = (async function* () {
    for await (const chunk of source) {
      yield chunk;
      peak = Math.max(peak, process.memoryUsage().rss);
    }
  })();
  const cutting = cutRows(watched, { ...ROOMY, csvColumn: userCsvColumn });
  const emails: string[] = [];
  const rejected: string[] = [];
  for (;;) {
    const next = await cutting.next();
    if (next.done) return { emails, rejected, peak, end: next.value };
    for (const row of next.value) {
      if (row.kind === 'bad-row') {
        rejected.push(row.code);
        continue;
      }
      const verdict = validateRow(row.raw, RULES);
      if (verdict.kind === 'user') emails.push(verdict.user.email ?? '');
      else rejected.push(...verdict.errors.map((error) => error.code));
    }
  }
}

describe('a hostile file', () => {
  test.each(hostileFiles)('$name: $description', async ({ make, expect: expected }) => {
    const made = make();
    const before = process.memoryUsage().rss;
    const outcome = await outcomeOf(Buffer.isBuffer(made) ? chunks(made, [65_536]) : made);
    const { end } = outcome;
    expect(outcome.rejected).toEqual(expected.rejected);
    expect(outcome.emails).toHaveLength(expected.valid);
    expect(new Set(outcome.emails).size).toBe(expected.distinct ?? expected.valid);
    expect(end.kind === 'broken' ? end.code : end.kind).toBe(expected.end);
    expect(outcome.peak - before).toBeLessThan(200 * MIB);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
