import { relative, sep } from 'node:path';
import ts from 'typescript';

/** A list of codes, and the file that declares it. */
export type CodeList = {
  codes: Readonly<Record<string, unknown>>;
  listedIn: string;
  /** Whether lower tiers declare a union of some of the codes, for what they send themselves. */
  hasParts?: boolean;
};

/** A place in the source that sends a code, with the HTTP statuses it is sent with. `place` is `file:line`. */
export type SentCode = { code: string; place: string; statuses: number[] };

const SURROUNDS = [
  ts.isConditionalExpression,
  ts.isParenthesizedExpression,
  ts.isBinaryExpression,
  ts.isAsExpression,
  ts.isSatisfiesExpression,
];
const DEEPEST = 4;

/** Reads the source files of the server, without tests. @param root the folder of tsconfig.json */
export function readProgram(root: string): ts.Program {
  const read = ts.readConfigFile(`${root}/tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, root);
  const files = ts.sys
    .readDirectory(`${root}/src`, ['.ts'])
    .filter((file) => !file.endsWith('.test.ts'));
  return ts.createProgram(files, { ...options, incremental: false, tsBuildInfoFile: undefined });
}

/**
 * Finds each string literal that the compiler expects to be one of `codes`: an argument, a property or a default of that union type.
 */
export function codesSent(
  program: ts.Program,
  root: string,
  { codes, listedIn, hasParts = false }: CodeList,
): SentCode[] {
  const checker = program.getTypeChecker();
  const wanted = new Set(Object.keys(codes));
  return literalsOf(program, root)
    .filter(({ node, path }) => path !== listedIn && wanted.has(node.text))
    .filter(({ node }) => isUnionOf(checker.getContextualType(node), wanted, hasParts))
    .map(({ node, place }) => ({ code: node.text, place, statuses: statusesOf(node, checker) }));
}

/**
 * Finds codes that escape the compiler: properties with these names and a literal code, where the type is only `string` or unknown.
 */
export function codesUnchecked(
  program: ts.Program,
  root: string,
  {
    folder,
    names,
    lists,
  }: { folder: string; names: readonly string[]; lists: readonly CodeList[] },
): string[] {
  const checker = program.getTypeChecker();
  const unions = lists.map(({ codes }) => new Set(Object.keys(codes)));
  return literalsOf(program, root)
    .filter(({ node, path }) => path.startsWith(folder) && /^[a-z]+([._][a-z]+)*$/.test(node.text))
    .filter(({ node }) => {
      const { parent } = surrounding(node);
      return ts.isPropertyAssignment(parent) && names.includes(parent.name.getText());
    })
    .filter(({ node }) => {
      const type = checker.getContextualType(node);
      return !unions.some((union) => isUnionOf(type, union));
    })
    .map(({ node, place }) => `${place}: '${node.text}'`);
}

function literalsOf(program: ts.Program, root: string) {
  const found: { node: ts.StringLiteralLike; path: string; place: string }[] = [];
  for (const source of program.getSourceFiles()) {
    const path = relative(root, source.fileName).split(sep).join('/');
    if (source.isDeclarationFile || path.startsWith('..')) continue;
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
        found.push({ node, path, place: `${path}:${line + 1}` });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

function isUnionOf(
  type: ts.Type | undefined,
  codes: ReadonlySet<string>,
  isPartEnough = false,
): boolean {
  if (type === undefined) return false;
  const members = (type.isUnion() ? type.types : [type]).filter(
    (member) => (member.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) === 0,
  );
  return (
    (isPartEnough ? members.length > 1 : members.length === codes.size) &&
    members.every((member) => member.isStringLiteral() && codes.has(member.value))
  );
}

/** The outermost expression that has the node as its value. */
function surrounding(node: ts.Expression): ts.Node {
  let at: ts.Node = node;
  while (SURROUNDS.some((is) => is(at.parent))) at = at.parent;
  return at;
}

function statusesOf(node: ts.Expression, checker: ts.TypeChecker): number[] {
  const at = surrounding(node);
  const { parent } = at;
  if (ts.isPropertyAssignment(parent)) return statusesBeside(parent.parent);
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) {
    return statusesOfCall(parent, checker, DEEPEST);
  }
  return ts.isParameter(parent) ? statusesOfFunction(parent.parent, checker, DEEPEST) : [];
}

/** The property `status` of the object, or of an object around it. */
function statusesBeside(object: ts.ObjectLiteralExpression): number[] {
  const status = object.properties.find(
    (property) => property.name !== undefined && /^status(Code)?$/.test(property.name.getText()),
  );
  if (status !== undefined && ts.isPropertyAssignment(status)) {
    return numbersIn(status.initializer);
  }
  const { parent } = surrounding(object);
  return ts.isPropertyAssignment(parent) ? statusesBeside(parent.parent) : [];
}

function statusesOfCall(
  call: ts.CallExpression | ts.NewExpression,
  checker: ts.TypeChecker,
  depth: number,
): number[] {
  const own = (call.arguments ?? []).flatMap(numbersIn);
  if (own.length > 0 || depth === 0) return own;
  const declaration = checker.getResolvedSignature(call)?.declaration;
  if (declaration === undefined || ts.isJSDocSignature(declaration)) return [];
  return statusesOfFunction(declaration, checker, depth - 1);
}

/** The statuses that a function passes on together with one of its parameters. */
function statusesOfFunction(
  declaration: ts.SignatureDeclaration,
  checker: ts.TypeChecker,
  depth: number,
): number[] {
  const names = new Set(declaration.parameters.map(({ name }) => name.getText()));
  const found: number[] = [];
  const visit = (node: ts.Node): void => {
    if (
      (ts.isCallExpression(node) || ts.isNewExpression(node)) &&
      node.arguments?.some((argument) => names.has(argument.getText()))
    ) {
      found.push(...statusesOfCall(node, checker, depth));
    } else if (ts.isObjectLiteralExpression(node)) {
      found.push(...statusesBeside(node));
    } else {
      ts.forEachChild(node, visit);
    }
  };
  if ('body' in declaration && declaration.body) visit(declaration.body);
  return found;
}

/** The HTTP statuses of errors that are written in an expression. */
function numbersIn(expression: ts.Expression): number[] {
  if (ts.isConditionalExpression(expression)) {
    return [...numbersIn(expression.whenTrue), ...numbersIn(expression.whenFalse)];
  }
  const value = ts.isNumericLiteral(expression) ? Number(expression.text) : 0;
  return value >= 400 && value < 600 ? [value] : [];
}
