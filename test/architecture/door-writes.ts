import { dirname, join } from 'node:path/posix';
import ts from 'typescript';
import type { Problems } from './rules.ts';
import type { SourceFile } from './tree.ts';

/** A function that a handler imports although it writes. */
export type Exception = {
  /** The path of the file. */
  door: string;
  /** The functions. */
  functions: string[];
  why: string;
};

const WRITES =
  /\b(?:insertInto|updateTable|deleteFrom|mergeInto|deletionOf|deletionMarks)\(|\b(?:insert\s+into|delete\s+from|merge\s+into|truncate)\s|\bupdate\s+(?:only\s+)?"?[a-z_]+"?(?:\s+(?:as\s+)?[a-z_]+)?\s+set\b/i;

/** The target of a name in a file: a declaration in this file or in another. */
type Names = Map<string, string>;
/** Declarations of the tree by `file#name`, with whether their text writes and the names that they mention. */
type Declarations = Map<string, { writes: boolean; mentions: string[] }>;

/**
 * A handler reads records, and changes data only through a flow. A function is a writer if its body writes to a table, or
 * mentions a function that does. The search looks through records and steps.
 * @returns one line for each writer that a handler imports, and for each exception that is no longer needed
 */
export function doorsChangeNothing(sources: SourceFile[], exceptions: Exception[]): Problems {
  const files = sources.filter(({ path }) => !path.endsWith('.test.ts'));
  const writers = writersOf(files.filter(({ path }) => /^src\/(?:records|steps)\//.test(path)));
  const needed = new Set<string>();
  const problems = files
    .filter(({ path }) => /^src\/(?:http|worker)\//.test(path))
    .flatMap((file) => {
      const { imports } = read(file);
      return [...imports.values()].flatMap((target) => {
        const [from, name = ''] = target.split('#');
        const found = name === '*' ? allOf(writers, from) : writers.has(target) ? [name] : [];
        return found.flatMap((writer) => {
          const allowed = exceptions.filter(
            ({ door, functions }) => door === file.path && functions.includes(writer),
          );
          for (const exception of allowed) needed.add(`${exception.door} ${writer}`);
          const problem = `${file.path}: imports ${writer} of ${dirname(from ?? '')}, which changes things; call a flow`;
          return allowed.length > 0 ? [] : [problem];
        });
      });
    });
  const idle = exceptions.flatMap((exception) =>
    exception.functions
      .filter((name) => !needed.has(`${exception.door} ${name}`))
      .map((name) => `${exception.door}: the exception for ${name} is no longer needed`),
  );
  return [...problems, ...idle];
}

function allOf(writers: Set<string>, file: string | undefined): string[] {
  return [...writers]
    .filter((writer) => writer.startsWith(`${file}#`))
    .map((writer) => writer.split('#')[1] ?? '');
}

/** The declarations that write, by `file#name`, including those that only pass a writer on. */
function writersOf(files: SourceFile[]): Set<string> {
  const declarations: Declarations = new Map();
  for (const file of files) {
    for (const [name, declaration] of read(file).declared) {
      declarations.set(`${file.path}#${name}`, declaration);
    }
  }
  const writers = new Set([...declarations].filter(([, one]) => one.writes).map(([id]) => id));
  let before = -1;
  while (before !== writers.size) {
    before = writers.size;
    for (const [id, { mentions }] of declarations) {
      if (mentions.some((mention) => writers.has(mention))) writers.add(id);
    }
  }
  return writers;
}

function read({ path, text }: SourceFile): { imports: Names; declared: Declarations } {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Names = new Map();
  const declared: Declarations = new Map();
  const own = new Map<string, ts.Node>();
  const at = (from: ts.Expression) =>
    ts.isStringLiteral(from) && from.text.startsWith('.') ? join(dirname(path), from.text) : null;
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) {
      const file = at(statement.moduleSpecifier);
      const clause = statement.importClause;
      if (file === null || !clause?.namedBindings || clause.phaseModifier !== undefined) continue;
      const bindings = clause.namedBindings;
      if (ts.isNamespaceImport(bindings)) {
        imports.set(bindings.name.text, `${file}#*`);
        continue;
      }
      for (const element of bindings.elements) {
        if (!element.isTypeOnly) {
          imports.set(element.name.text, `${file}#${(element.propertyName ?? element.name).text}`);
        }
      }
    } else if (ts.isExportDeclaration(statement) && statement.moduleSpecifier) {
      const file = at(statement.moduleSpecifier);
      const clause = statement.exportClause;
      if (file === null || !clause || !ts.isNamedExports(clause) || statement.isTypeOnly) continue;
      for (const element of clause.elements) {
        const target = `${file}#${(element.propertyName ?? element.name).text}`;
        if (!element.isTypeOnly)
          declared.set(element.name.text, { writes: false, mentions: [target] });
      }
    } else if (ts.isFunctionDeclaration(statement) && statement.name) {
      own.set(statement.name.text, statement);
    } else if (ts.isVariableStatement(statement)) {
      for (const declaration of statement.declarationList.declarations) {
        if (ts.isIdentifier(declaration.name)) own.set(declaration.name.text, declaration);
      }
    }
  }
  const names: Names = new Map([
    ...imports,
    ...[...own.keys()].map((name) => [name, `${path}#${name}`] as const),
  ]);
  for (const [name, node] of own) declared.set(name, describe(node, names));
  return { imports, declared };
}

function describe(node: ts.Node, names: Names): { writes: boolean; mentions: string[] } {
  const mentions = new Set<string>();
  let writes = false;
  const visit = (each: ts.Node): void => {
    if (ts.isTypeNode(each)) return;
    if (ts.isCallExpression(each) && WRITES.test(`${lastName(each.expression)}(`)) writes = true;
    if (ts.isTaggedTemplateExpression(each) && WRITES.test(each.template.getText())) writes = true;
    if (ts.isIdentifier(each)) {
      const target = names.get(each.text);
      const space = target?.endsWith('#*') ? each.parent : undefined;
      if (space && ts.isPropertyAccessExpression(space)) {
        mentions.add(`${target?.slice(0, -1)}${space.name.text}`);
      } else if (target !== undefined) mentions.add(target);
    }
    ts.forEachChild(each, visit);
  };
  ts.forEachChild(node, visit);
  return { writes, mentions: [...mentions] };
}

function lastName(callee: ts.Expression): string {
  if (ts.isPropertyAccessExpression(callee)) return callee.name.text;
  return ts.isIdentifier(callee) ? callee.text : '';
}
