export type SqlDialect = 'postgres' | 'mysql';

/** A statement in the words of a driver. `names`: the parameter of each placeholder, in order. */
export type CompiledSql = { text: string; names: string[] };

export type CompileResult =
  | { kind: 'compiled'; sql: CompiledSql }
  | { kind: 'refused'; problem: string };

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_][A-Za-z0-9_]*)?\$/y;

/**
 * Replaces named parameters such as `:email` by the placeholders of a driver. Texts, quoted names and comments stay as they are, and so do
 * `::` and `:=`. Values never become part of the text.
 * @param allowed names that the statement may use
 */
export function compileSql(
  sql: string,
  dialect: SqlDialect,
  allowed: readonly string[],
): CompileResult {
  const names: string[] = [];
  let text = '';
  let at = 0;
  while (at < sql.length) {
    const end = endOfQuoted(sql, at, dialect);
    if (end === null) return refused('A text, a quoted name or a comment does not end.');
    if (end > at) {
      text += sql.slice(at, end);
      at = end;
      continue;
    }
    const char = sql[at] ?? '';
    if (char === ';') {
      if (!isOver(sql, at + 1, dialect)) return refused('There is more than one statement.');
      break;
    }
    // The placeholders of the driver would be counted among ours.
    if (char === '?' && dialect === 'mysql') return refused('Write :name instead of ?.');
    if (char === '$' && dialect === 'postgres' && /[0-9]/.test(sql[at + 1] ?? '')) {
      return refused('Write :name instead of $1.');
    }
    if (char !== ':') {
      text += char;
      at++;
      continue;
    }
    if (sql[at + 1] === ':' || sql[at + 1] === '=') {
      text += sql.slice(at, at + 2);
      at += 2;
      continue;
    }
    const name = matchAt(NAME, sql, at + 1);
    if (name === null) {
      text += char;
      at++;
      continue;
    }
    if (!allowed.includes(name)) {
      const known = allowed.map((each) => `:${each}`).join(', ');
      return refused(
        `:${name} has no value here. ${known === '' ? 'There are no parameters.' : `There are: ${known}.`}`,
      );
    }
    text += placeholder(dialect, name, names);
    at += 1 + name.length;
  }
  if (text.trim() === '') return refused('The statement is empty.');
  return { kind: 'compiled', sql: { text, names } };
}

/** Adds the name to `names` if the placeholder needs a value of its own. */
function placeholder(dialect: SqlDialect, name: string, names: string[]): string {
  if (dialect === 'mysql') {
    names.push(name);
    return '?';
  }
  if (!names.includes(name)) names.push(name);
  return `$${names.indexOf(name) + 1}`;
}

/** Returns where the text, quoted name or comment ends that begins here. The same place: none begins. `null`: it does not end. */
function endOfQuoted(sql: string, at: number, dialect: SqlDialect): number | null {
  const two = sql.slice(at, at + 2);
  // MySQL takes two dashes for a comment only before a blank.
  if (two === '--' && (dialect !== 'mysql' || /^\s?$/.test(sql[at + 2] ?? '')))
    return endOfLine(sql, at);
  if (sql[at] === '#' && dialect === 'mysql') return endOfLine(sql, at);
  if (two === '/*') return endOfComment(sql, at, dialect);
  switch (sql[at]) {
    case "'":
      return endOfText(sql, at, "'", hasBackslashes(sql, at, dialect));
    case '"':
      return endOfText(sql, at, '"', dialect === 'mysql');
    case '`':
      return dialect === 'mysql' ? endOfText(sql, at, '`', false) : at;
    case '$':
      return dialect === 'postgres' ? endOfDollarQuoted(sql, at) : at;
    default:
      return at;
  }
}

function hasBackslashes(sql: string, at: number, dialect: SqlDialect): boolean {
  if (dialect === 'mysql') return true;
  // E'…' of PostgreSQL.
  return (
    dialect === 'postgres' && /(?:^|[^A-Za-z0-9_$])[eE]$/.test(sql.slice(Math.max(0, at - 2), at))
  );
}

/** A doubled quote is one of the text. */
function endOfText(sql: string, at: number, quote: string, hasEscapes: boolean): number | null {
  for (let end = at + 1; end < sql.length; end++) {
    if (hasEscapes && sql[end] === '\\') end++;
    else if (sql[end] === quote) {
      if (sql[end + 1] !== quote) return end + 1;
      end++;
    }
  }
  return null;
}

function endOfLine(sql: string, at: number): number {
  const end = sql.indexOf('\n', at);
  return end === -1 ? sql.length : end + 1;
}

/** Comments of PostgreSQL nest. */
function endOfComment(sql: string, at: number, dialect: SqlDialect): number | null {
  let depth = 0;
  for (let end = at; end < sql.length - 1; end++) {
    const two = sql.slice(end, end + 2);
    if (two === '/*' && (depth === 0 || dialect !== 'mysql')) {
      depth++;
      end++;
    } else if (two === '*/') {
      depth--;
      end++;
      if (depth === 0) return end + 1;
    }
  }
  return null;
}

function endOfDollarQuoted(sql: string, at: number): number | null {
  // `a$b$c` is a name.
  if (/[A-Za-z0-9_$]/.test(sql[at - 1] ?? '')) return at;
  const quote = matchAt(DOLLAR_QUOTE, sql, at);
  if (quote === null) return at;
  const end = sql.indexOf(quote, at + quote.length);
  return end === -1 ? null : end + quote.length;
}

/** Returns whether only blanks and comments follow. */
function isOver(sql: string, from: number, dialect: SqlDialect): boolean {
  let at = from;
  while (at < sql.length) {
    if (/\s/.test(sql[at] ?? '')) at++;
    else {
      const isComment = /^(?:--|#|\/\*)/.test(sql.slice(at, at + 2));
      const end = isComment ? endOfQuoted(sql, at, dialect) : at;
      if (end === null || end === at) return false;
      at = end;
    }
  }
  return true;
}

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

function refused(problem: string): CompileResult {
  return { kind: 'refused', problem };
}
