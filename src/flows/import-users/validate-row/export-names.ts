import { headingCell, readHeading } from '../../../platform/csv-cell/csv-cell.ts';
import type { ExportField } from '../../../records/exports/exports.ts';
import { exportedField, meantBy } from './user-fields.ts';

/**
 * What is wrong with the names in the file of an export, as a sentence; null: nothing. An import of the file must not take one field for
 * another, nor find two of the same name.
 */
export function exportNamesProblem(fields: ExportField[], format: 'json' | 'csv'): string | null {
  const names = new Map<string, string>();
  const columns = new Map<string, string>();
  for (const { name, exportAs } of fields) {
    const called = readHeading(headingCell(exportAs ?? name));
    if (called === '') return `The field ${shown(name)} has no name in the file: give it one.`;
    // In JSON it is said once.
    if (format === 'json' && names.get(called) === name) continue;
    if (names.has(called)) {
      return `Two fields are called ${shown(called)} in the file: give one of them another name.`;
    }
    names.set(called, name);
    const field = exportedField(name);
    const meant = meantBy(called);
    if (exportAs !== null && meant !== undefined && meant !== meantBy(field ?? '')) {
      return `${shown(name)} can not be called ${shown(called)}: an import of the file would take it for ${meant}. Give it another name.`;
    }
    const place = meant ?? (field === null ? undefined : meantBy(field));
    const before = place === undefined ? undefined : columns.get(place);
    if (before !== undefined) {
      return `${shown(before)} and ${shown(called)} are the same field: keep one of them.`;
    }
    if (place !== undefined) columns.set(place, called);
  }
  return null;
}

function shown(name: string): string {
  return JSON.stringify(name);
}
