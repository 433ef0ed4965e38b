import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const foldersIn = (path: string) =>
  readdirSync(join(ROOT, path)).filter((name) => statSync(join(ROOT, path, name)).isDirectory());

/** Paths of the tree in ARCHITECTURE.md. The indentation of a line gives its parent. */
function pathsInTree(): string[] {
  const tree = /## The tree\n\n```\n([\s\S]*?)```/.exec(read('ARCHITECTURE.md'))?.[1] ?? '';
  const parents: { indent: number; path: string }[] = [];
  return tree.split('\n').flatMap((line) => {
    const indent = line.search(/\S/);
    const names = /^\s*((?:[\w.-]+(?:\/[\w.-]+)*(?:\/|\.ts)(?:\s+|$))+)/.exec(line)?.[1];
    // Lines deeper than any name are continued prose.
    if (indent < 0 || indent > 20 || names === undefined) return [];
    while (parents.length > 0 && (parents.at(-1)?.indent ?? 0) >= indent) parents.pop();
    const found = names.trim().split(/\s+/);
    const paths = found.map((name) => join(parents.at(-1)?.path ?? '', name));
    parents.push({ indent, path: paths.at(-1) ?? '' });
    return paths;
  });
}

/** Names that src/config/config.ts reads from the environment. */
function settings(): string[] {
  const names = read('src/config/config.ts').matchAll(
    /\b(?:text|whole|url|oneOf)\(\s*'([A-Z][A-Z0-9_]+)'/g,
  );
  return [...new Set(Array.from(names, ([, name]) => name ?? ''))].sort();
}

describe('ARCHITECTURE.md', () => {
  test('names only existing paths', () => {
    const paths = pathsInTree();
    expect(paths.length).toBeGreaterThan(50);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('names every folder of src', () => {
    const named = new Set(pathsInTree().map((path) => path.replace(/\/$/, '')));
    const folders = foldersIn('src').flatMap((tier) => [
      `src/${tier}`,
      ...(['http', 'flows', 'records', 'outbound', 'platform'].includes(tier)
        ? foldersIn(`src/${tier}`).map((name) => `src/${tier}/${name}`)
        : []),
    ]);
    expect(folders.filter((folder) => !named.has(folder))).toEqual([]);
  });
});

describe('settings', () => {
  test('are found in config.ts', () => {
    expect(settings()).toContain('PUBLIC_URL');
    expect(settings().length).toBeGreaterThan(15);
  });

  test('are all in README.md, without extra ones', () => {
    const table = /## Settings\n([\s\S]*?)\n## /.exec(read('README.md'))?.[1] ?? '';
    const rows = table.split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((row) =>
      Array.from((row.split('|')[1] ?? '').matchAll(/`([A-Z0-9_]+)`/g), ([, name]) => name ?? ''),
    );
    expect(named.sort()).toEqual(settings());
  });

  test('are all in .env.example, without extra ones except those of compose.yaml', () => {
    const named = Array.from(read('.env.example').matchAll(/^([A-Z0-9_]+)=/gm), ([, name]) => name);
    const forCompose = Array.from(
      read('compose.yaml').matchAll(/\$\{([A-Z0-9_]+)/g),
      ([, name]) => name ?? '',
    );
    expect(named.toSorted()).toEqual([...new Set([...settings(), ...forCompose])].sort());
  });
});

describe('a link between documents', () => {
  const documents = [
    ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
    ...['docs/guides', 'docs/decisions'].flatMap((folder) =>
      readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`),
    ),
  ];

  test.each(documents)('in %s leads to an existing file', (document) => {
    const targets = Array.from(
      read(document).matchAll(/(?:\]\(|src=")([^)":#]+)[)"#]/g),
      ([, target]) => target ?? '',
    ).filter((target) => !target.startsWith('http'));
    const lost = targets.filter((target) => !existsSync(join(ROOT, dirname(document), target)));
    expect(lost).toEqual([]);
  });

  test('every decision has its three parts and a number of its own', () => {
    const names = readdirSync(join(ROOT, 'docs/decisions')).sort();
    names.forEach((name, index) => {
      expect(name).toMatch(new RegExp(`^${String(index + 1).padStart(4, '0')}-[a-z0-9-]+\\.md$`));
      const headings = Array.from(
        read(`docs/decisions/${name}`).matchAll(/^## (.+)$/gm),
        ([, one]) => one,
      );
      expect(headings.slice(0, 3)).toEqual(['Context', 'Decision', 'Consequences']);
      expect(['', 'Measured']).toContain(headings.slice(3).join());
    });
  });
});
