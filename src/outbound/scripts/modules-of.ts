import { moduleSource } from './modules/modules.ts';

const REQUIRE = /\brequire\s*\(\s*(?:'([^'\n]{1,200})'|"([^"\n]{1,200})"|`([^`$\n]{1,200})`)\s*\)/g;

/**
 * Returns the modules that a script names in `require`, and those that they name, with their sources. A name that a script puts together while it runs is not found.
 * @param known names that need no source again. New names are added.
 */
export function modulesOf(source: string, known: Set<string>): Record<string, string> {
  const found: Record<string, string> = {};
  const texts = [source];
  for (let text = texts.pop(); text !== undefined; text = texts.pop()) {
    for (const [, ...names] of text.matchAll(REQUIRE)) {
      const name = names.find((each) => each !== undefined) ?? '';
      if (known.has(name)) continue;
      const module = moduleSource(name);
      if (module === null) continue;
      known.add(name);
      found[name] = module;
      texts.push(module);
    }
  }
  return found;
}
