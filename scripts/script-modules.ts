/**
 * `npm run build:script-modules` bundles the npm packages that scripts of operators can require. With `--check` it only compares the committed
 * bundles with the installed versions, and fails if one is not current.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Each package with what is exported. */
const ENTRIES: Record<string, string> = {
  auth0: `module.exports = require('auth0');`,
  // The build for browsers would choose XMLHttpRequest. Isolates have fetch.
  axios: `const axios = require('axios'); axios.defaults.adapter = 'fetch'; module.exports = axios;`,
  bcryptjs: `const bcrypt = require('bcryptjs'); module.exports = bcrypt.default ?? bcrypt;`,
  jsonwebtoken: `module.exports = require('jsonwebtoken');`,
  lodash: `module.exports = require('lodash');`,
  'sql-escaper': `module.exports = require('sql-escaper');`,
  uuid: `const uuid = require('uuid'); module.exports = Object.assign((...args) => uuid.v4(...args), uuid);`,
};

/** What isolates have of Node, and what they refuse with a message. */
const FROM_ISOLATE = ['buffer', 'crypto', 'events', 'fs', 'stream', 'url', 'util'];

const root = join(import.meta.dirname, '..');
const folder = join(root, 'src/outbound/scripts/modules/bundles');
const manifestFile = join(folder, 'versions.json');

type Manifest = Record<string, { packages: Record<string, string>; sha256: string }>;
type Package = { name: string; version: string; license?: string };

function packageAt(path: string): Package {
  return JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Returns the folders of the packages whose files are in a bundle. */
function packagesOf(inputs: string[]): string[] {
  const folders = inputs.flatMap(
    (path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  );
  return [...new Set(folders)].sort();
}

function licenseOf(path: string): string {
  const { name, version, license } = packageAt(path);
  const file = readdirSync(join(root, path)).find((each) => /^license|^licence/i.test(each));
  const text = file === undefined ? '' : readFileSync(join(root, path, file), 'utf8').trim();
  return `${name} ${version} (${license ?? 'see its text'})\n\n${text}\n`.replaceAll('*/', '* /');
}

async function bundle(name: string, entry: string): Promise<Manifest[string]> {
  const outcome = await build({
    absWorkingDir: root,
    stdin: { contents: entry, resolveDir: root, loader: 'js' },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'browser',
    mainFields: ['browser', 'main'],
    conditions: ['browser', 'require', 'default'],
    target: 'es2023',
    legalComments: 'inline',
    external: FROM_ISOLATE,
    // Isolates have no globals of these names.
    define: {
      'globalThis.crypto': 'crypto',
      'process.version': '"v24.0.0"',
      'process.env.NODE_DEBUG': 'undefined',
    },
    banner: { js: `var crypto = require('crypto').webcrypto;` },
    logLevel: 'error',
  });
  const folders = packagesOf(Object.keys(outcome.metafile.inputs));
  const licenses = folders.map(licenseOf).join('\n---\n\n');
  const text = `/*!\nThis file contains:\n\n${licenses}*/\n${outcome.outputFiles[0]?.text ?? ''}`;
  writeFileSync(join(folder, `${name}.js`), text);
  console.log(`${name}.js: ${Math.ceil(text.length / 1024)} KB of ${folders.length} packages`);
  const packages = Object.fromEntries(folders.map((path) => [path, packageAt(path).version]));
  return { packages, sha256: sha256(text) };
}

/** Returns why the bundles are not current. */
function problems(): string[] {
  if (!existsSync(manifestFile)) return ['there are no bundles'];
  const manifest: Manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
  const missing = Object.keys(ENTRIES).filter((name) => !(name in manifest));
  return [
    ...missing.map((name) => `${name} is missing`),
    ...Object.entries(manifest).flatMap(([name, { packages, sha256: expected }]) => {
      const text = readFileSync(join(folder, `${name}.js`), 'utf8');
      const changed = Object.entries(packages).filter(
        ([path, version]) => !existsSync(join(root, path)) || packageAt(path).version !== version,
      );
      return [
        ...(sha256(text) === expected ? [] : [`${name}.js was changed by hand`]),
        ...changed.map(([path]) => `${name}.js has another version of ${path}`),
      ];
    }),
  ];
}

if (process.argv.includes('--check')) {
  const found = problems();
  for (const problem of found) console.error(`src/outbound/scripts/modules/bundles: ${problem}`);
  if (found.length > 0) {
    console.error('Run npm run build:script-modules.');
    process.exitCode = 1;
  }
} else {
  const manifest: Manifest = {};
  for (const [name, entry] of Object.entries(ENTRIES)) manifest[name] = await bundle(name, entry);
  writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
}
