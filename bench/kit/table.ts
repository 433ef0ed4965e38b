import type { Result } from './benchmark.ts';

/** Returns the results as a text table. */
export function toTable(results: Result[]): string {
  const header = ['what', 'ours', 'limit', 'ratio', 'aim', 'met'];
  const rows = results.map((result) => [
    result.what,
    `${figure(result.ours)} ${result.unit}`,
    result.limit === null ? '' : `${figure(result.limit.value)} (${result.limit.is})`,
    result.ratio === null ? '' : result.ratio.toFixed(2),
    result.aim,
    result.met === null ? '' : result.met ? 'yes' : 'NO',
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
