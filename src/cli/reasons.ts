import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Api } from './api.ts';
import type { Job } from './jobs.ts';
import { columns, type Terminal } from './terminal.ts';
import { count, shortened, wrapped } from './words.ts';

/** Rows refused for one reason, with the first of them as an example. */
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
// Where less is left beside the other columns, what was wrong stands below them.
const LEAST_ROOM = 40;
const INDENT = 4;

/**
 * Groups a job's refused rows by what was wrong, most frequent first. An import's report is read line by line, so that a
 * million rows need no more memory than ten.
 */
export async function reasonsOf(api: Api, job: Pick<Job, 'id' | 'type'>): Promise<Reason[]> {
  const reasons = new Map<string, Reason>();
  const rows = job.type === 'users_import' ? reportLines(api, job.id) : refusedRows(api, job.id);
  for await (const row of rows) {
    // Every error of a row counts, each reason once.
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
    // Most lines are about people who came in: not worth parsing.
    if (!line.includes('"failed"')) continue;
    const row = JSON.parse(line) as RefusedRow;
    if (row.status === 'failed') yield row;
  }
}

async function* refusedRows(api: Api, jobId: string): AsyncGenerator<RefusedRow> {
  yield* await findRefusals(api, jobId);
}

type Refusal = RefusedRow & { user?: { email?: string } };

/** Refused rows of a job that has no report; bulks of invitations are bounded. */
async function findRefusals(api: Api, jobId: string): Promise<Refusal[]> {
  const path = `/api/v2/jobs/${encodeURIComponent(jobId)}/errors`;
  const list = await api.get<Refusal[] | object | undefined>(path);
  if (!Array.isArray(list)) return [];
  return list.map((one: Refusal) => ({ ...one, email: one.user?.email ?? null }));
}

/** A table of the reasons. What was wrong, and what to do about it, is told whole: wrapped, never cut. */
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
