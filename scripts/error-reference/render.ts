import type ts from 'typescript';
import { codesSent } from './sent-codes.ts';
import type { Surface } from './surfaces.ts';

const INTRODUCTION = `# Error codes

Programs compare the code. The message is for people and can change. The HTTP status alone does not identify an error.

\`npm run docs:errors\` writes this page from the lists of codes in the source. Do not edit it.
`;

/** The text of docs/reference/errors.md. @param program the source, from which the statuses come */
export function renderErrorReference(
  program: ts.Program,
  root: string,
  surfaces: readonly Surface[],
): string {
  return [INTRODUCTION, ...surfaces.map((surface) => section(program, root, surface))].join('\n');
}

function section(program: ts.Program, root: string, surface: Surface): string {
  const statusesOf = surface.hasNoStatus ? undefined : readStatuses(program, root, surface);
  const rows = Object.entries(surface.codes)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([code, { when, action }]) => line([`\`${code}\``, statusesOf?.(code), when, action]));
  return [
    `## ${surface.title}\n`,
    `${surface.introduction}\n`,
    line(['Code', statusesOf && 'HTTP status', 'When it happens', 'What to do']),
    line(['---', statusesOf && '---', '---', '---']),
    ...rows,
    '',
  ].join('\n');
}

function readStatuses(program: ts.Program, root: string, surface: Surface) {
  const sent = surface.statuses ? [] : codesSent(program, root, surface);
  return (code: string): string => {
    const found = sent.filter((each) => each.code === code).flatMap((each) => each.statuses);
    const statuses = new Set(surface.statuses ? [surface.statuses.get(code)] : found);
    return [...statuses].sort().join(', ') || '–';
  };
}

function line(cells: (string | undefined)[]): string {
  const shown = cells.filter((cell) => cell !== undefined);
  return `| ${shown.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
