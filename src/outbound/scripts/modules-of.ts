import { moduleSource } from './modules/modules.ts';

const REQUIRE = /\brequire\s*\(\s*(?:'([^'\n]{1,200})'|"([^"\n]{1,200})"|`([^`$\n]{1,200})`)\s*\)/g;

/** Modules that old scripts use without `require`, by the names of their global variables. `inside/run.js` has the same. */
const WITHOUT_REQUIRE: Record<string, string> = {
  _: 'lodash',
  bcrypt: 'bcrypt',
  crypto: 'crypto',
  jwt: 'jsonwebtoken',
  mysql: 'mysql',
  postgres: 'pg',
  querystring: 'querystring',
  request: 'request',
  uuid: 'uuid',
};
const USE = new RegExp(
  `(?<![\\w$.'"])(${Object.keys(WITHOUT_REQUIRE).join('|')})\\s*(?:\\.|\\()`,
  'g',
);

/**
 * Returns the modules that a script names in `require` or uses without it, and those that they name, with their sources. A name that a script
 * puts together while it runs is not found.
 * @param known names that need no source again. New names are added.
 */
export function modulesOf(source: string, known: Set<string>): Record<string, string> {
  const found: Record<string, string> = {};
  const used = Array.from(source.matchAll(USE), ([, name = '']) => WITHOUT_REQUIRE[name] ?? '');
  const names = [...used, ...required(source)];
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    if (known.has(name)) continue;
    const module = moduleSource(name);
    if (module === null) continue;
    known.add(name);
    found[name] = module;
    names.push(...required(module));
  }
  return found;
}

function required(source: string): string[] {
  return Array.from(source.matchAll(REQUIRE), ([, ...names]) => names.find(Boolean) ?? '');
}
