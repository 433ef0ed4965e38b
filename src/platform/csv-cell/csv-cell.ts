import { canonicalPhoneNumber } from '../phone-number/phone-number.ts';

/**
 * What a cell may become: `string` stays text; `phone` is a phone number however it is written; `boolean` knows true and false in any
 * case; `json` takes objects and arrays; `auto` does both and also turns canonical decimal numbers into numbers. What doesn't fit stays text.
 */
export type CellType = 'string' | 'phone' | 'boolean' | 'auto' | 'json';

/** Spreadsheets take text that begins so for a formula (OWASP, "CSV injection"). */
const FORMULA = /^[=+\-@\t\r]/;
const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
const QUOTED_ADDRESS = /^'[^\s@]+@[^\s@]+$/;

/**
 * Whether text, seen without apostrophes in front, would run as a formula or be read as something else: trimmed, as a number, a
 * boolean, JSON, or nothing. Writing and reading ask the same question, so one apostrophe goes on exactly where one comes off.
 */
function needsGuard(text: string): boolean {
  const core = text.replace(/^'+/, '');
  return core === ''
    ? true
    : FORMULA.test(core) || core !== core.trim() || plainJson(core) !== null;
}

/**
 * A line of RFC 4180 CSV. Text is written so that no spreadsheet runs it and {@link cellToJson} reads exactly it again.
 * Objects are written as JSON; null and undefined leave the cell empty.
 */
export function csvLine(cells: unknown[], delimiter = ','): string {
  // An address with an apostrophe in front, or two such texts, say that every text of the row has one: see isGuarded.
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

/** A cell as exports have it (Auth0, "Bulk User Exports"): every text gets an apostrophe in front, dates excepted. */
export function guardedCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return quoted(JSON.stringify(value));
  return ISO_DATE.test(value) ? value : quoted(`'${value}`);
}

/** Text in quotes (RFC 4180). */
export function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function quoteIfNeeded(text: string, delimiter: string): string {
  return /[",;\t\r\n]|^\s|\s$/.test(text) || text.includes(delimiter) ? quoted(text) : text;
}

/** The first line of a table: the names of its columns. */
export function csvHeading(names: string[], delimiter = ','): string {
  // A bar in a name would be taken for what separates them.
  const written = names.map((name) => headingCell(name));
  const shown = written.map((name) =>
    name.includes('|') ? quoted(name) : quoteIfNeeded(name, delimiter),
  );
  return `${shown.join(delimiter)}\r\n`;
}

/** A name in a heading: left as it is, unless a spreadsheet would run it, or take it for something else. */
export function headingCell(name: string): string {
  return needsHeadingGuard(name) ? `'${name}` : name;
}

/** The name that {@link headingCell} wrote, without the blanks around it. */
export function readHeading(cell: string): string {
  const name = cell.trim();
  return name.startsWith("'") && needsHeadingGuard(name.slice(1)) ? name.slice(1) : name;
}

/** A first line such as `sep=;` says what stands between cells. */
function needsHeadingGuard(name: string): boolean {
  const core = name.replace(/^'+/, '');
  return FORMULA.test(core) || /^\s*sep=/i.test(core);
}

/** Whether its text needs no apostrophe and has one, as every text of an export. */
export function hasExportGuard(cell: string): boolean {
  return cell.startsWith("'") && !needsGuard(cell.slice(1));
}

/**
 * Whether a row is written as exports are, judged by the cells that are text: all have an apostrophe in front.
 * Asked only for rows whose key has one, because other people's names may begin with it; see csv-columns.ts for rows that were edited.
 */
export function isGuarded(cells: string[]): boolean {
  return cells.every(
    (cell) =>
      cell === '' || cell.startsWith("'") || plainJson(cell) !== null || ISO_DATE.test(cell),
  );
}

/**
 * A cell as JSON text, '' for nothing. Blanks around a value are cut, the apostrophe in front of guarded text comes off, and such
 * text is taken as it is.
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

/** Numbers that come back from JSON exactly as they were written: no leading zeros, no lost digits. */
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
