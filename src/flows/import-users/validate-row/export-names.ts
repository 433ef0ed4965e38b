import { headingCell, readHeading } from '../../../platform/csv-cell/csv-cell.ts';
import type { ExportField } from '../../../records/exports/exports.ts';
import { exportedField, fieldOfColumn } from './user-fields.ts';

/**
 * Returns the problem with the field names of an export's file, as a sentence, or `null` if there is none. An import of the file must not
 * take one field for another, or find two with the same name.
 */
export function exportNamesProblem(fields: ExportField[], format: 'json' | 'csv'): string | null {
  const names = new Map<string, string>();
  const columns = new Map<string, string>();
  for (const { name, exportAs } of fields) {
    const called = readHeading(headingCell(exportAs ?? name));
    if (called === '') return `The field ${shown(name)} has no name in the file. Give it a name.`;
    // A JSON row contains each name once.
    if (format === 'json' && names.get(called) === name) continue;
    if (names.has(called)) {
      return `Two fields have the name ${shown(called)} in the file. Rename one of them.`;
    }
    names.set(called, name);
    const field = exportedField(name);
    const meant = fieldOfColumn(called);
    if (exportAs !== null && meant !== undefined && meant !== fieldOfColumn(field ?? '')) {
      return `${shown(name)} cannot have the name ${shown(called)}: an import of the file would take it for ${meant}. Give it another name.`;
    }
    const place = meant ?? (field === null ? undefined : fieldOfColumn(field));
    const before = place === undefined ? undefined : columns.get(place);
    if (before !== undefined) {
      return `${shown(before)} and ${shown(called)} are the same field. Keep one of them.`;
    }
    if (place !== undefined) columns.set(place, called);
  }
  return null;
}

function shown(name: string): string {
  return JSON.stringify(name);
}
