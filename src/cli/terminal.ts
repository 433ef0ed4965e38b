import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** The program's output: results on stdout, progress on stderr. */
export type Terminal = {
  /** Whether to print one JSON value on stdout, without bars and colors. */
  readonly json: boolean;
  /** Whether stderr can show moving bars. */
  readonly moves: boolean;
  /** Width of a line, in characters. */
  readonly width: number;
  readonly stderr: NodeJS.WriteStream;
  /** Prints a line of the result. Prints nothing with --json. */
  say(line?: string): void;
  /** Prints a line about the progress to stderr. Prints nothing with --json. */
  note(line?: string): void;
  /** Prints the result as JSON, only with --json. */
  result(value: unknown): void;
  paint(style: Style, text: string): string;
};

/** Creates the output. Only a terminal gets colors, and NO_COLOR turns them off (https://no-color.org). */
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

/** Pads the cells so that columns line up. The caller styles whole cells of the result. */
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
