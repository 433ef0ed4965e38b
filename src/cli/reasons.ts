import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Api } from './api.ts';
import { columns, type Terminal } from './terminal.ts';
import { count, shortened } from './words.ts';

/** Rows refused for one reason, with the first of them as an example. */
export type Reason = {
  code: string;
  path: string;
  rows: number;
  example: { row: number; email: string | null; message: string };
};

type ReportLine = {
  row_number: number;
  status: string;
  email: string | null;
  errors?: { code: string; message: string; path?: string }[];
};

const SHOWN = 12;

/**
 * Groups an import's refused rows by what was wrong, most frequent first. Reads the report line by line, so that a million
 * rows need no more memory than ten.
 */
export async function reasonsOf(api: Api, jobId: string): Promise<Reason[]> {
  const body = await api.download(`/api/v2/jobs/${encodeURIComponent(jobId)}/report?format=ndjson`);
  if (!body) return [];
  const reasons = new Map<string, Reason>();
  for await (const line of createInterface({ input: Readable.from(body) })) {
    if (!line.includes('"failed"')) continue;
    const row = JSON.parse(line) as ReportLine;
    const [error] = row.errors ?? [];
    if (row.status !== 'failed' || !error) continue;
    const path = error.path ?? '';
    const key = `${error.code} ${path}`;
    const known = reasons.get(key);
    if (known) known.rows += 1;
    else {
      const example = { row: row.row_number, email: row.email, message: error.message };
      reasons.set(key, { code: error.code, path, rows: 1, example });
    }
  }
  return [...reasons.values()].sort((a, b) => b.rows - a.rows);
}

/** A table with one line per reason. */
export function reasonLines(terminal: Terminal, reasons: Reason[]): string[] {
  const shown = reasons.slice(0, SHOWN);
  const table = columns([
    ['rows', 'reason', 'field', 'for example'],
    ...shown.map((reason) => [
      count(reason.rows),
      reason.code,
      reason.path || '-',
      `row ${count(reason.example.row)}: ${reason.example.message}`,
    ]),
  ]);
  const left = reasons.length - shown.length;
  return [
    ...table.map((cells, index) => {
      const [rows = '', code = '', field = '', example = ''] = cells;
      const before = rows.length + code.length + field.length + 10;
      const told = shortened(example, Math.max(30, terminal.width - before));
      const text = `    ${rows}  ${code}  ${field}  `;
      return index === 0
        ? terminal.paint('dim', text + told)
        : `    ${terminal.paint('yellow', rows)}  ${code}  ${field}  ${terminal.paint('dim', told)}`;
    }),
    ...(left > 0 ? [`    and ${count(left)} more reasons`] : []),
  ];
}
