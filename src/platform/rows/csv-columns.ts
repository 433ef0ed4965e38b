import { BrokenFile } from './broken-file.ts';

/**
 * Where a CSV column goes in the row's JSON and what its cells may become:
 * `string` stays text; `boolean` knows true and false in any case; `json` takes objects and arrays;
 * `auto` does both and also turns canonical decimal numbers into numbers. What doesn't fit stays text.
 */
export type CsvColumn = { path: string[]; type: 'string' | 'boolean' | 'auto' | 'json' };
export type CsvColumnOf = (name: string) => CsvColumn;

const MAX_COLUMNS = 1_000;
const MAX_NAME_LENGTH = 256;

/** A property of the row: with a cell of its own, or an object made of other columns. */
type Property = { key: string; cell: Cell | null; members: Map<string, Property> };
type Cell = { index: number; type: CsvColumn['type'] };

export type CsvColumns = {
  count: number;
  /** The cells of one record as JSON text; empty cells, and objects of nothing else, are omitted. */
  toJson(cells: string[]): string;
  /** Index of a cell with text but no column name above it, or -1. */
  unnamedCell(cells: string[]): number;
};

/**
 * Reads the header's cells. Throws BrokenFile for names that are missing, repeated or in conflict, and for a header without
 * the key column: no row of such a file could be used, and most of them are no CSV at all.
 */
export function readHeader(names: string[], columnOf: CsvColumnOf, keyColumn?: string): CsvColumns {
  const root = new Map<string, Property>();
  const unnamed: number[] = [];
  if (names.length > MAX_COLUMNS) throw badHeader(`There are more than ${MAX_COLUMNS} columns.`);
  names.forEach((untrimmed, index) => {
    const name = untrimmed.trim();
    if (name.length > MAX_NAME_LENGTH) {
      throw badHeader(
        `The name of column ${index + 1} is longer than ${MAX_NAME_LENGTH} characters.`,
      );
    }
    if (name === '') {
      unnamed.push(index);
      return;
    }
    const { path, type } = columnOf(name);
    place(root, path, { index, type }, name);
  });
  if (root.size === 0) throw badHeader('No column has a name.');
  if (keyColumn !== undefined && !root.has(keyColumn)) {
    const first = names[0]?.trim().slice(0, 40) ?? '';
    throw badHeader(
      `No column is called ${JSON.stringify(keyColumn)}; the first one is ${JSON.stringify(first)}. If the file is meant to be JSON, it must begin with [ or {.`,
    );
  }
  const properties = [...root.values()];
  return {
    count: names.length,
    toJson: (cells) => `{${membersToJson(properties, cells)}}`,
    unnamedCell: (cells) => unnamed.find((index) => cells[index]) ?? -1,
  };
}

function place(root: Map<string, Property>, path: string[], cell: Cell, name: string): void {
  let members = root;
  path.forEach((part, level) => {
    const isLast = level === path.length - 1;
    const known = members.get(part);
    if (known && (isLast || known.cell)) {
      throw badHeader(
        `The column ${JSON.stringify(name)} appears twice or overlaps another column.`,
      );
    }
    const property = known ?? {
      key: `${JSON.stringify(part)}:`,
      cell: isLast ? cell : null,
      members: new Map<string, Property>(),
    };
    members.set(part, property);
    members = property.members;
  });
}

function badHeader(detail: string): BrokenFile {
  return new BrokenFile('INVALID_HEADER', `The CSV header can't be used. ${detail}`);
}

/** Writes text instead of building an object, so that a column named `__proto__` is only a name. */
function membersToJson(properties: Iterable<Property>, cells: string[]): string {
  let json = '';
  for (const { key, cell, members } of properties) {
    let value = '';
    if (cell) {
      const text = cells[cell.index] ?? '';
      if (text !== '') value = cellToJson(text, cell.type);
    } else {
      const inner = membersToJson(members.values(), cells);
      if (inner !== '') value = `{${inner}}`;
    }
    if (value !== '') json += json === '' ? key + value : `,${key}${value}`;
  }
  return json;
}

function cellToJson(text: string, type: CsvColumn['type']): string {
  if (type === 'string') return JSON.stringify(text);
  if (type === 'boolean') return booleanToJson(text) ?? JSON.stringify(text);
  if ((text.startsWith('{') || text.startsWith('[')) && isJson(text)) return text;
  if (type === 'json') return JSON.stringify(text);
  return booleanToJson(text) ?? (isCanonicalNumber(text) ? text : JSON.stringify(text));
}

function booleanToJson(text: string): 'true' | 'false' | null {
  if (text.length > 5) return null;
  const lower = text.toLowerCase();
  return lower === 'true' || lower === 'false' ? lower : null;
}

/** Numbers that come back from JSON exactly as they were written: no leading zeros, no lost digits. */
function isCanonicalNumber(text: string): boolean {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) && String(Number(text)) === text;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
