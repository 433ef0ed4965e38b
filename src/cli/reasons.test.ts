import { describe, expect, test } from 'vitest';
import { type Reason, reasonLines } from './reasons.ts';

const reason = (message: string, path = 'email', code = 'FORMAT'): Reason => ({
  code,
  path,
  rows: 3,
  example: { row: 12, email: null, message },
});
const linesAt = (width: number, ...reasons: Reason[]) =>
  reasonLines({ width, paint: (_, text) => text }, reasons);
/** What is told, as a person reads it over the ends of lines. */
const read = (lines: string[]) => lines.join(' ').replace(/\s+/g, ' ');

const ADVICE =
  "Object didn't pass validation for format email: write one address such as name@example.com.";

describe('reasons for refused rows', () => {
  test.each([40, 60, 80, 100, 140])('are told whole in %i columns', (width) => {
    const lines = linesAt(
      width,
      reason(ADVICE),
      reason(
        'Array is too short (0), minimum 1: leave it out.',
        'mfa_factors',
        'ARRAY_LENGTH_SHORT',
      ),
    );
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(width, 46));
    expect(read(lines)).toContain(`row 12: ${ADVICE}`);
    expect(read(lines)).toContain('minimum 1: leave it out.');
  });

  test('stand in one line each where there is room', () => {
    const [heading, first, ...more] = linesAt(140, reason(ADVICE));
    expect(heading).toMatch(/^ {4}rows {2}reason {2}field {2}for example$/);
    expect(first).toBe(`    3     FORMAT  email  row 12: ${ADVICE}`);
    expect(more).toEqual([]);
  });

  test('shorten a long value in its middle, never the advice behind it', () => {
    const name = `begin${'x'.repeat(400)}end`;
    const lines = linesAt(
      80,
      reason(`Additional properties not allowed: ${name} (remove it or move it)`, name),
    );
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(read(lines)).toContain('(remove it or move it)');
    expect(read(lines)).toMatch(/begin[x…]+end \(remove/);
  });
});
