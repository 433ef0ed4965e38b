import { canonicalPhoneNumber } from '../phone-number/phone-number.ts';

/**
 * Types of a cell: `string` stays text; `phone` is a phone number in any notation; `boolean` accepts true and false in any case; `json`
 * accepts objects and arrays; `auto` is `boolean` and `json`, and also converts canonical decimal numbers. A cell that does not fit its
 * type stays text.
 */
export type CellType = 'string' | 'phone' | 'boolean' | 'auto' | 'json';

/** Spreadsheets treat text that begins with one of these characters as a formula (OWASP, "CSV injection"). */
const FORMULA = /^[=+\-@\t\r]/;
const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
const QUOTED_ADDRESS = /^'[^\s@]+@[^\s@]+$/;

/**
 * Returns whether text, without its leading apostrophes, would run as a formula or be read as another value: trimmed, as a number, a
 * boolean, JSON, or nothing. Writer and reader both use this rule, so the reader removes exactly the apostrophe that the writer added.
 */
function needsGuard(text: string): boolean {
  const core = text.replace(/^'+/, '');
  return core === ''
    ? true
    : FORMULA.test(core) || core !== core.trim() || plainJson(core) !== null;
}

/**
 * Returns a line of RFC 4180 CSV. No spreadsheet runs the text, and {@link cellToJson} reads the same values again. Objects are written as
 * JSON; `null` and `undefined` give an empty cell.
 */
export function csvLine(cells: unknown[], delimiter = ','): string {
  // An address with a leading apostrophe, or two such texts, mean that every text of the row has one: see isGuarded.
  const texts = cells.filter((cell) => typeof cell === 'string');
  const guardAll =
    texts.some((text) => QUOTED_ADDRESS.test(text)) || texts.filter(hasExportGuard).length > 1;
  const written = cells.map((cell) => quoteIfNeeded(lightCell(cell, guardAll), delimiter));
  return `${written.join(delimiter)}\r\n`;
}

function lightCell(value: unknown, guardAll: boolean): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return JSON.stringify(value);
  return guardAll || needsGuard(value) ? `'${value}` : value;
}

/** Returns a cell in the format of exports (Auth0, "Bulk User Exports"): every text except a date gets a leading apostrophe. */
export function guardedCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return quoted(JSON.stringify(value));
  return ISO_DATE.test(value) ? value : quoted(`'${value}`);
}

/** Returns text in quotes (RFC 4180). */
export function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function quoteIfNeeded(text: string, delimiter: string): string {
  return /[",;\t\r\n]|^\s|\s$/.test(text) || text.includes(delimiter) ? quoted(text) : text;
}

/** Returns the first line of a table: the names of its columns. */
export function csvHeading(names: string[], delimiter = ','): string {
  // A bar in a name could be mistaken for the delimiter.
  const written = names.map((name) => headingCell(name));
  const shown = written.map((name) =>
    name.includes('|') ? quoted(name) : quoteIfNeeded(name, delimiter),
  );
  return `${shown.join(delimiter)}\r\n`;
}

/** Returns a name for a heading. It gets an apostrophe only if a spreadsheet would run it or read it as something else. */
export function headingCell(name: string): string {
  return needsHeadingGuard(name) ? `'${name}` : name;
}

/** Reads a name that {@link headingCell} wrote, without the blanks around it. */
export function readHeading(cell: string): string {
  const name = cell.trim();
  return name.startsWith("'") && needsHeadingGuard(name.slice(1)) ? name.slice(1) : name;
}

/** A first line such as `sep=;` declares the delimiter. */
function needsHeadingGuard(name: string): boolean {
  const core = name.replace(/^'+/, '');
  return FORMULA.test(core) || /^\s*sep=/i.test(core);
}

/** Returns whether a text has an apostrophe that it does not need, as every text of an export has. */
export function hasExportGuard(cell: string): boolean {
  return cell.startsWith("'") && !needsGuard(cell.slice(1));
}

/**
 * Returns whether a row has the format of exports: all its text cells have a leading apostrophe. Call it only for rows whose key has one,
 * because other people's names may begin with it. See csv-columns.ts for edited rows.
 */
export function isGuarded(cells: string[]): boolean {
  return cells.every(
    (cell) =>
      cell === '' || cell.startsWith("'") || plainJson(cell) !== null || ISO_DATE.test(cell),
  );
}

/**
 * Returns a cell as JSON text, or '' for an empty cell. Blanks around a value are trimmed. The apostrophe of guarded text is removed, and
 * such text is not converted.
 */
export function cellToJson(cell: string, type: CellType, isRowGuarded: boolean): string {
  if (cell.charCodeAt(0) === 0x27 && (isRowGuarded || needsGuard(cell.slice(1)))) {
    return textToJson(cell.slice(1), type);
  }
  const text = cell.trim();
  if (text === '') return '';
  if (type === 'string' || type === 'phone') return textToJson(text, type);
  if (type === 'boolean') return booleanToJson(text) ?? JSON.stringify(text);
  if (type === 'json') return structureToJson(text) ?? JSON.stringify(text);
  return plainJson(text) ?? JSON.stringify(text);
}

function textToJson(text: string, type: CellType): string {
  return JSON.stringify(type === 'phone' ? (canonicalPhoneNumber(text) ?? text) : text);
}

function plainJson(text: string): string | null {
  return structureToJson(text) ?? booleanToJson(text) ?? (isCanonicalNumber(text) ? text : null);
}

function structureToJson(text: string): string | null {
  return (text.startsWith('{') || text.startsWith('[')) && isJson(text) ? text : null;
}

function booleanToJson(text: string): 'true' | 'false' | null {
  if (text.length > 5) return null;
  const lower = text.toLowerCase();
  return lower === 'true' || lower === 'false' ? lower : null;
}

/** Returns whether JSON keeps the number exactly as written: no leading zeros, no lost digits. */
function isCanonicalNumber(text: string): boolean {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]\d+)?$/.test(text) && String(Number(text)) === text;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
