import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Api } from './api.ts';
import type { Job } from './jobs.ts';
import { columns, type Terminal } from './terminal.ts';
import { count, shortened, wrapped } from './words.ts';

/** A reason for refused rows, with the first row as an example. */
export type Reason = {
  code: string;
  path: string;
  rows: number;
  example: { row: number; email: string | null; message: string };
};

type RefusedRow = {
  row_number: number;
  status?: string;
  email?: string | null;
  errors?: { code: string; message: string; path?: string }[];
};

const SHOWN = 12;
const FIELD_WIDTH = 32;
// If less width is left beside the other columns, the example goes below them.
const LEAST_ROOM = 40;
const INDENT = 4;

/**
 * Groups a job's refused rows by reason, most frequent first. Reads an import's report line by line, so that a
 * million rows need no more memory than ten.
 */
export async function reasonsOf(api: Api, job: Pick<Job, 'id' | 'type'>): Promise<Reason[]> {
  const reasons = new Map<string, Reason>();
  const rows = job.type === 'users_import' ? reportLines(api, job.id) : refusedRows(api, job.id);
  for await (const row of rows) {
    // Each reason counts once per row.
    const errors = new Map(
      row.errors?.map((error) => [`${error.code} ${error.path ?? ''}`, error]),
    );
    for (const [key, { code, path = '', message }] of errors) {
      const known = reasons.get(key);
      const example = { row: row.row_number, email: row.email ?? null, message };
      if (known) known.rows += 1;
      else reasons.set(key, { code, path, rows: 1, example });
    }
  }
  return [...reasons.values()].sort((a, b) => b.rows - a.rows);
}

async function* reportLines(api: Api, jobId: string): AsyncGenerator<RefusedRow> {
  const body = await api.download(`/api/v2/jobs/${encodeURIComponent(jobId)}/report?format=ndjson`);
  if (!body) return;
  for await (const line of createInterface({ input: Readable.from(body) })) {
    // Most rows were imported. Parsing them would cost time.
    if (!line.includes('"failed"')) continue;
    const row = JSON.parse(line) as RefusedRow;
    if (row.status === 'failed') yield row;
  }
}

async function* refusedRows(api: Api, jobId: string): AsyncGenerator<RefusedRow> {
  yield* await findRefusals(api, jobId);
}

type Refusal = RefusedRow & { user?: { email?: string } };

/** Returns the refused rows of a job without a report. An invitation job has a bounded number of rows. */
async function findRefusals(api: Api, jobId: string): Promise<Refusal[]> {
  const path = `/api/v2/jobs/${encodeURIComponent(jobId)}/errors`;
  const list = await api.get<Refusal[] | object | undefined>(path);
  if (!Array.isArray(list)) return [];
  return list.map((refusal: Refusal) => ({ ...refusal, email: refusal.user?.email ?? null }));
}

/** Returns a table of the reasons. Messages are wrapped and never cut. */
export function reasonLines(
  terminal: Pick<Terminal, 'width' | 'paint'>,
  reasons: Reason[],
): string[] {
  const shown = reasons.slice(0, SHOWN);
  const { paint } = terminal;
  const table = columns([
    ['rows', 'reason', 'field', ''],
    ...shown.map((reason) => [
      count(reason.rows),
      reason.code,
      shortened(reason.path || '-', FIELD_WIDTH),
      '',
    ]),
  ]).map(([rows = '', code = '', field = '']) => [rows, `${code}  ${field}`] as const);
  const used = INDENT + (table[0]?.join('  ').length ?? 0) + 2;
  const isBeside = terminal.width - used >= LEAST_ROOM;
  const indent = ' '.repeat(isBeside ? used : INDENT + 2);
  const told = shown.map(({ example }) =>
    wrapped(
      `row ${count(example.row)}: ${example.message}`,
      Math.max(LEAST_ROOM, terminal.width - indent.length),
    ),
  );
  const left = reasons.length - shown.length;
  return [
    ...table.flatMap(([rows, rest], index) => {
      const start = ' '.repeat(INDENT);
      if (index === 0) {
        return [
          paint('dim', `${start}${rows}  ${rest}${isBeside ? '  for example' : ''}`.trimEnd()),
        ];
      }
      const lines = (told[index - 1] ?? []).map((line) => paint('dim', line));
      const beginning = `${start}${paint('yellow', rows)}  ${rest}`;
      const beside = isBeside ? lines.slice(0, 1) : [];
      return [
        [beginning, ...beside].join('  ').trimEnd(),
        ...lines.slice(beside.length).map((line) => indent + line),
      ];
    }),
    ...(left > 0 ? [`${' '.repeat(INDENT)}and ${count(left)} more reasons`] : []),
  ];
}
