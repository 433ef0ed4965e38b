import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where the program speaks: results on stdout, everything about the way there on stderr. */
export type Terminal = {
  /** For machines: one JSON value on stdout, no bars, no colors. */
  readonly json: boolean;
  /** Whether stderr can show bars that move. */
  readonly moves: boolean;
  /** Characters in a line. */
  readonly width: number;
  readonly stderr: NodeJS.WriteStream;
  /** A line of the result; nothing with --json. */
  say(line?: string): void;
  /** A line about the way there, on stderr; nothing with --json. */
  note(line?: string): void;
  /** The result for machines: only with --json. */
  result(value: unknown): void;
  paint(style: Style, text: string): string;
};

/** Colors appear on a terminal only, and NO_COLOR is honoured (https://no-color.org). */
export function createTerminal(options: {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  json: boolean;
}): Terminal {
  const { stdout, stderr, json } = options;
  return {
    json,
    moves: !json && stderr.isTTY === true,
    width: Math.min(stderr.columns ?? stdout.columns ?? 120, 140),
    stderr,
    say(line = '') {
      if (!json) stdout.write(`${line}\n`);
    },
    note(line = '') {
      if (!json) stderr.write(`${line}\n`);
    },
    result(value) {
      if (json) stdout.write(`${JSON.stringify(value, null, stdout.isTTY ? 2 : undefined)}\n`);
    },
    paint: (style, text) => (json ? text : styleText(style, text, { stream: stdout })),
  };
}

/** Rows as columns that line up; styling is applied by the caller to whole cells of the result. */
export function columns(rows: string[][]): string[][] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))),
  );
}
