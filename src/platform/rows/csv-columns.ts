import {
  type CellType,
  cellToJson,
  hasExportGuard,
  isGuarded,
  readHeading,
} from '../csv-cell/csv-cell.ts';
import { BrokenFile } from './broken-file.ts';

/**
 * The place of a CSV column in the row's JSON, and the type of its cells.
 * @param guardedPath its place in rows in the format of exports, if different
 */
export type CsvColumn = { path: string[]; type: CellType; guardedPath?: string[] };
/** Returns `null` for a column that is omitted. */
export type CsvColumnOf = (name: string) => CsvColumn | null;

const MAX_COLUMNS = 1_000;
const MAX_NAME_LENGTH = 256;

/** A property of the row: with a cell of its own, or an object with the cells of other columns. */
type Property = { key: string; cell: Cell | null; members: Map<string, Property> };
type Cell = { index: number; type: CellType; name: string };

export type CsvColumns = {
  count: number;
  /** The column names as written in the file. */
  names: string[];
  /** Registers a record that will be converted soon. Half-guarded records are read as the majority is. */
  note(cells: string[]): void;
  /** Returns the cells of one record as JSON text. Empty cells, and objects with only empty cells, are omitted. */
  toJson(cells: string[]): string;
  /** Returns the index of a cell with text but no column name, or -1. */
  unnamedCell(cells: string[]): number;
};

/**
 * Reads the cells of the header. Throws BrokenFile for names that are missing, repeated or in conflict, and for a header without a key
 * column: no row of such a file is usable, and most such files are not CSV.
 */
export function readHeader(
  names: string[],
  columnOf: CsvColumnOf,
  keyColumns: string[] = [],
): CsvColumns {
  const root = new Map<string, Property>();
  const guardedRoot = new Map<string, Property>();
  const unnamed: number[] = [];
  let named = 0;
  if (names.length > MAX_COLUMNS) throw badHeader(`There are more than ${MAX_COLUMNS} columns.`);
  const read = names.map(readHeading);
  read.forEach((name, index) => {
    if (name.length > MAX_NAME_LENGTH) {
      throw badHeader(
        `The name of column ${index + 1} is longer than ${MAX_NAME_LENGTH} characters.`,
      );
    }
    if (name === '') {
      unnamed.push(index);
      return;
    }
    named++;
    const column = columnOf(name);
    if (!column) return;
    const { path, type, guardedPath = path } = column;
    place(root, path, { index, type, name });
    place(guardedRoot, guardedPath, { index, type, name });
  });
  if (named === 0) throw badHeader('No column has a name.');
  if (keyColumns.length > 0 && !keyColumns.some((key) => root.has(key))) {
    const first = read[0]?.slice(0, 40) ?? '';
    throw badHeader(
      `No column is called ${JSON.stringify(keyColumns[0])}. The first column is ${JSON.stringify(first)}. Rename the column, or assign it with a map. Separate columns by commas, semicolons, tabs or |. If the file is meant to be JSON, it must begin with [ or {.`,
    );
  }
  const properties = [...root.values()];
  const guardedProperties = [...guardedRoot.values()];
  const keys = keyColumns.flatMap((name) => root.get(name)?.cell?.index ?? []);
  const keyOf = (cells: string[]) => cells[keys.find((index) => cells[index]) ?? -1] ?? '';
  const seen = { guarded: 0, bare: 0 };
  // Edits of an export add cells without an apostrophe to rows that have them.
  const isGuardedRow = (cells: string[]) =>
    (seen.guarded > 1 && seen.guarded > seen.bare) ||
    (seen.guarded > 0 && cells.filter(hasExportGuard).length > 1) ||
    (keyOf(cells).startsWith("'") && isGuarded(cells));
  return {
    count: names.length,
    names: read,
    note(cells) {
      const key = keyOf(cells);
      if (key !== '') seen[hasExportGuard(key) ? 'guarded' : 'bare']++;
    },
    toJson(cells) {
      const guarded = isGuardedRow(cells);
      return `{${membersToJson(guarded ? guardedProperties : properties, cells, guarded)}}`;
    },
    unnamedCell: (cells) => unnamed.find((index) => cells[index]?.trim()) ?? -1,
  };
}

function place(root: Map<string, Property>, path: string[], cell: Cell): void {
  let members = root;
  path.forEach((part, level) => {
    const isLast = level === path.length - 1;
    const known = members.get(part);
    if (known && (isLast || known.cell)) throw overlap(cell.name, known.cell?.name);
    const property = known ?? {
      key: `${JSON.stringify(part)}:`,
      cell: isLast ? cell : null,
      members: new Map<string, Property>(),
    };
    members.set(part, property);
    members = property.members;
  });
}

function overlap(name: string, other: string | undefined): BrokenFile {
  const shown = JSON.stringify(name);
  if (other === undefined || other === name) {
    return badHeader(`The column ${shown} appears twice or overlaps another column.`);
  }
  return badHeader(
    `The columns ${JSON.stringify(other)} and ${shown} set the same field. Keep one of them.`,
  );
}

function badHeader(detail: string): BrokenFile {
  return new BrokenFile('INVALID_HEADER', `The CSV header cannot be used. ${detail}`);
}

/** Writes text instead of an object, so that a column named `__proto__` is only a name. */
function membersToJson(properties: Iterable<Property>, cells: string[], guarded: boolean): string {
  let json = '';
  for (const { key, cell, members } of properties) {
    let value = '';
    if (cell) {
      const text = cells[cell.index] ?? '';
      if (text !== '') value = cellToJson(text, cell.type, guarded);
    } else {
      const inner = membersToJson(members.values(), cells, guarded);
      if (inner !== '') value = `{${inner}}`;
    }
    if (value !== '') json += json === '' ? key + value : `,${key}${value}`;
  }
  return json;
}
