import { headingCell, readHeading } from '../../../platform/csv-cell/csv-cell.ts';
import type { ExportNames } from '../../../records/exports/exports.ts';
import type { FieldMap } from './field-map.ts';
import { readOurFile } from './our-files.ts';
import { exportedField, fieldOfColumn, isField, isReadOnly } from './user-fields.ts';
import { isJsonObject } from './validate-problems.ts';

/** An export that gave a file's fields their names. */
export type Recognition = { exportId: string; map: FieldMap };

/** An export, with the field of each name in its file; `null` for a name that an import does not write. */
type Known = { jobId: string; fields: Map<string, string | null> };

/** A file with links has an `email`, a `link` and a `user_id`. An export may have these names too. */
const NO_LINKS: FieldMap = { link: { column: 'link', field: null, isExact: true } };

/** The columns that a file of refused rows adds to those of the original file. */
const REASONS = new Set(['row_number', 'error_codes', 'error_messages']);

/**
 * Finds the export that a table came from by its columns: every column is one of that export.
 * @returns `null` if there is none, or every column is the name of a field
 */
export function recognizeColumns(columns: string[], exports: ExportNames[]): Recognition | null {
  const names = columns.filter((name) => name !== '' && !REASONS.has(name));
  const strangers = names.filter((name) => fieldOfColumn(name) === undefined && !isReadOnly(name));
  if (strangers.length === 0) return null;
  const known = exports.map((each) => toKnown(each, (name) => readHeading(headingCell(name))));
  const fitting = known.filter(({ fields }) => names.every((name) => fields.has(name)));
  const whole = fitting.filter(({ fields }) => fields.size === new Set(names).size);
  return agreed(strangers, whole.length > 0 ? whole : fitting);
}

/** The same for JSON. The names appear one row after the other, because rows omit what a user does not have. */
export function recognizeProperties(exports: ExportNames[]): {
  see(row: Buffer): void;
  result(): Recognition | null;
} {
  const seen = new Set<string>();
  let fitting = exports
    .map((each) => toKnown(each, (name) => name))
    .filter(({ fields }) => [...fields.keys()].some(isStranger));
  return {
    see(raw) {
      if (fitting.length === 0) return;
      for (const name of namesIn(raw)) {
        if (seen.has(name)) continue;
        seen.add(name);
        fitting = fitting.filter(({ fields }) => fields.has(name));
      }
    },
    result: () => agreed([...seen].filter(isStranger), fitting),
  };
}

/** JSON names are exact: `E-Mail` is not the name of a field there. */
function isStranger(name: string): boolean {
  return !isField(name) && !isReadOnly(name);
}

function namesIn(raw: Buffer): string[] {
  try {
    const row: unknown = JSON.parse(raw.toString());
    return isJsonObject(row) ? Object.keys(readOurFile(row, NO_LINKS, [])) : [];
  } catch {
    return [];
  }
}

function toKnown({ jobId, fields }: ExportNames, nameInFile: (name: string) => string): Known {
  return {
    jobId,
    fields: new Map(
      fields.map(({ name, exportAs }) => [nameInFile(exportAs ?? name), exportedField(name)]),
    ),
  };
}

/** Ignores names that two exports used for different fields, because the meaning is ambiguous. */
function agreed(strangers: string[], exports: Known[]): Recognition | null {
  const [newest] = exports;
  if (newest === undefined) return null;
  const entries = strangers.flatMap((column) => {
    const fields = new Set(exports.map((each) => each.fields.get(column) ?? null));
    const [field = null] = fields;
    return fields.size === 1 ? [[column, { column, field, isExact: true }] as const] : [];
  });
  return entries.length === 0 ? null : { exportId: newest.jobId, map: Object.fromEntries(entries) };
}
