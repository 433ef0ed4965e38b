import type { Result } from './benchmark.ts';

/** Returns the results as a text table. */
export function toTable(results: Result[]): string {
  const header = ['what', 'ours', 'limit', 'ratio', 'aim', 'met'];
  const rows = results.map((one) => [
    one.what,
    `${figure(one.ours)} ${one.unit}`,
    one.limit === null ? '' : `${figure(one.limit.value)} (${one.limit.is})`,
    one.ratio === null ? '' : one.ratio.toFixed(2),
    one.aim,
    one.met === null ? '' : one.met ? 'yes' : 'NO',
  ]);
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join(
    '\n',
  );
}

/** Rounds to three significant digits. */
export function figure(value: number): string {
  if (Number.isNaN(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
