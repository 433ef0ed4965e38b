import { readFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Returns the program of a sandbox process as one JavaScript text. The process gets it through its standard input and so needs no right to read
 * files. Relative imports become `data:` URLs. Without types, the process does without the compiler that strips them, which takes 18 MB.
 */
export function childProgram(): string {
  return inlined(join(import.meta.dirname, 'child/child.ts'));
}

function inlined(file: string): string {
  const text = withoutTypes(readFileSync(file, 'utf8'));
  return text.replace(/ from '(\.[^']+)';/g, (_match, path: string) => {
    const imported = Buffer.from(inlined(join(dirname(file), path))).toString('base64');
    return ` from 'data:text/javascript;base64,${imported}';`;
  });
}

function withoutTypes(text: string): string {
  const { emitWarning } = process;
  // Node warns that this function may change, although it does the same with every file of this server. An operator can do nothing about it.
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** The programs that make a script's world inside of its isolate, in their order. */
const PRELUDE = ['core', 'errors', 'text', 'buffer', 'url', 'fetch', 'run'];

/** Returns the body of the function that prepares a context. It returns the function that the process calls in it. */
export function preludeProgram(): string {
  return [
    '"use strict";',
    'const inside = { __proto__: null, ...JSON.parse($3), emit: $0, sync: $1, moduleSource: $2 };',
    ...PRELUDE.map((name) => `(${insideProgram(name)})(inside);`),
    'return inside.dispatch;',
  ].join('\n');
}

/**
 * Returns a program of the folder `inside` as an expression.
 * @throws Error if there is no such program
 */
export function insideProgram(name: string): string {
  const text = readFileSync(join(import.meta.dirname, 'inside', `${name}.js`), 'utf8');
  return text.trimEnd().replace(/;$/, '');
}

/** Returns the path of the native part of isolated-vm for this machine. */
export function isolatedVmPath(): string {
  const here = createRequire(import.meta.url);
  const entry = here.resolve('isolated-vm');
  return createRequire(entry)('node-gyp-build').resolve(dirname(entry));
}
