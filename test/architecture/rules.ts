import type { SourceFile } from './tree.ts';

/** The findings of a rule: one sentence per violation, which begins with the file. */
export type Problems = string[];

const isTest = (path: string) => path.endsWith('.test.ts');
const withoutComments = (text: string) =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');

/** The tables that the migrations make. */
export function tablesOf(migrations: SourceFile[]): string[] {
  const named = (pattern: RegExp) =>
    migrations.flatMap(({ text }) => Array.from(text.matchAll(pattern), ([, name]) => name ?? ''));
  const dropped = new Set(named(/^\s*drop table (?:if exists )?([a-z_]+)/gm));
  return named(/^\s*create table (?:if not exists )?([a-z_]+)/gm).filter(
    (name) => !dropped.has(name),
  );
}

const BUILDER_WRITE = /\b(?:insertInto|updateTable|deleteFrom|mergeInto)\(\s*['"`]([a-z_]+)/g;
const SHARED_WRITE = /\b(?:deletionOf|deletionMarks)\(\s*['"`]([a-z_]+)/g;
const RAW_WRITE =
  /\b(?:insert\s+into|delete\s+from|merge\s+into|truncate(?:\s+table)?)\s+(?:only\s+)?"?([a-z_]+)"?/gi;
// With its `set`, because prose too speaks of updating users.
const RAW_UPDATE = /\bupdate\s+(?:only\s+)?"?([a-z_]+)"?(?:\s+(?:as\s+)?[a-z_]+)?\s+set\b/gi;

/** Each table is written by exactly one folder of records/, whether through the builder, by what `platform/db` offers or in raw SQL. */
export function oneWriterPerTable(sources: SourceFile[], tables: string[]): Problems {
  const writers = new Map<string, Set<string>>();
  for (const { path, text } of sources) {
    if (isTest(path) || path.startsWith('src/platform/db/')) continue;
    const code = withoutComments(text);
    for (const pattern of [BUILDER_WRITE, SHARED_WRITE, RAW_WRITE, RAW_UPDATE]) {
      for (const [, table = ''] of code.matchAll(pattern)) {
        if (!tables.includes(table)) continue;
        const folder = path.split('/').slice(0, 3).join('/');
        writers.set(table, (writers.get(table) ?? new Set()).add(folder));
      }
    }
  }
  return tables.flatMap((table) => {
    const folders = [...(writers.get(table) ?? [])].sort();
    if (folders.length === 0) return [`${table}: nothing writes it`];
    return [
      ...(folders.length > 1 ? [`${table}: written from ${folders.join(' and ')}`] : []),
      ...folders
        .filter((folder) => !folder.startsWith('src/records/'))
        .map((folder) => `${folder}: writes ${table}, which only a record may`),
    ];
  });
}

const QUEUES_MAIL = /^src\/(?:records\/messages|steps\/queue-mail)\//;

/** A mail that is put into the outbox without its task waits for a sweep. */
export function mailIsQueuedInOnePlace(sources: SourceFile[]): Problems {
  return sources.flatMap(({ path, text }) =>
    !isTest(path) && !QUEUES_MAIL.test(path) && /\bqueueMessages\b/.test(withoutComments(text))
      ? [`${path}: puts mails into the outbox itself; call queueMail`]
      : [],
  );
}

/** Two migrations with one number would run in an arbitrary order. */
export function migrationsAreNumbered(migrations: SourceFile[]): Problems {
  const names = migrations.map(({ path }) => path.split('/').at(-1) ?? '').sort();
  return names.flatMap((name, index) => {
    const expected = String(index + 1).padStart(4, '0');
    return name.startsWith(`${expected}-`) ? [] : [`migrations/${name}: should begin ${expected}-`];
  });
}

/** The folders of the tiers, and the rooms in them. */
export function foldersOf(sources: SourceFile[]): string[] {
  const folders = sources.flatMap(({ path }) => {
    const parts = path.split('/').slice(0, -1);
    return parts.slice(1).map((_, index) => parts.slice(0, index + 2).join('/'));
  });
  return [...new Set(folders)];
}

/** Each folder of a tier, and each room in it, has the public file that carries its name. */
export function foldersHaveAPublicFile(sources: SourceFile[]): Problems {
  const paths = new Set(sources.map(({ path }) => path));
  const folders = foldersOf(sources).filter((folder) =>
    /^src\/(?:http|flows|steps|records|outbound|platform)\/./.test(folder),
  );
  return folders.flatMap((folder) => {
    const file = `${folder}/${folder.split('/').at(-1)}.ts`;
    return paths.has(file) ? [] : [`${folder}: has no ${file}`];
  });
}

const MOST_FILES = 25;

/** A folder must be readable at a glance. */
export function foldersAreSmall(sources: SourceFile[]): Problems {
  const counts = new Map<string, number>();
  for (const { path } of sources) {
    const folder = path.slice(0, path.lastIndexOf('/'));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].flatMap(([folder, count]) =>
    count > MOST_FILES ? [`${folder}: has ${count} files, ${MOST_FILES} at most`] : [],
  );
}

/** One function has one name: a public file says `export { insertUser } from './write-user.ts'`. */
export function functionsHaveOneName(sources: SourceFile[]): Problems {
  return sources.flatMap(({ path, text }) => {
    if (isTest(path)) return [];
    const code = withoutComments(text);
    const spaces = Array.from(
      code.matchAll(/^import (?:type )?\* as (\w+) from '\./gm),
      ([, n]) => n,
    );
    const names = Array.from(
      code.matchAll(/^import (?:type )?\{([^}]*)\} from '\./gm),
      ([, n]) => n,
    )
      .flatMap((list) => (list ?? '').split(','))
      .map((name) => name.trim().split(' ').at(-1));
    const aliases = code.matchAll(/^export (?:const|type) (\w+) = (\w+)(\.\w+)?;$/gm);
    return Array.from(aliases).flatMap(([, name, from, member]) =>
      (member ? spaces : names).includes(from)
        ? [`${path}: ${name} is another name of what it imports`]
        : [],
    );
  });
}

const PRIVATE_WORDS = /unless told|\bcan not\b|\b[Ww]hoever\b|\b[Ss]omebody\b|\buser stores?\b/;

/** Texts use the words of the field, as docs/style.md says; these are the ones that return by themselves. */
export function textsArePlain(files: SourceFile[]): Problems {
  return files.flatMap(({ path, text }) =>
    isTest(path)
      ? []
      : text.split('\n').flatMap((line, index) => {
          const found = line.match(PRIVATE_WORDS)?.[0];
          return found === undefined
            ? []
            : [`${path}:${index + 1}: "${found}" is not in docs/style.md's English`];
        }),
  );
}

const EMPTY_NAMES =
  /(^|[/-])(index|utils?|helpers?|misc|common|lib|shared|managers?|services?|stuff)([.-]|\/|$)/;

/** A file with a meaningless name collects everything. */
export function namesSaySomething(sources: SourceFile[]): Problems {
  return sources.flatMap(({ path }) => {
    const found = path.replace(/^src\//, '').match(EMPTY_NAMES);
    return found ? [`${path}: "${found[2]}" says nothing about what is in it`] : [];
  });
}

/** snake_case stays in http/: results of flows, steps and records are in camelCase. */
export function exportedTypesAreCamelCase(sources: SourceFile[]): Problems {
  return sources.flatMap(({ path, text }) => {
    if (isTest(path) || !/^src\/(flows|steps|records|outbound)\/([^/]+)\/\2\.ts$/.test(path))
      return [];
    const types = withoutComments(text).matchAll(
      /^export type \w+(?:<[^>]*>)? = ([\s\S]*?);\n(?=\n|$|\S)/gm,
    );
    return Array.from(types).flatMap(([, body = '']) =>
      Array.from(
        body.matchAll(/(?:^|[{;,])\s*([a-z]+_[a-z_]+)\??:/gm),
        ([, key]) => `${path}: exports a type with ${key}`,
      ),
    );
  });
}

/** The strict content security policy refuses these; the page would silently not work. */
export function pagesHaveNothingInline(templates: SourceFile[]): Problems {
  return templates.flatMap(({ path, text }) => {
    const checks: [RegExp, string][] = [
      [/<script(?![^>]*\bsrc=)[^>]*>/i, 'an inline script'],
      [/<style[\s>]/i, 'an inline style sheet'],
      [/<[^>]+\sstyle\s*=/i, 'a style attribute'],
      [/<[^>]+\son[a-z]+\s*=/i, 'an inline event handler'],
      [/javascript:/i, 'a javascript: link'],
    ];
    return checks.flatMap(([pattern, what]) =>
      pattern.test(text) ? [`${path}: has ${what}`] : [],
    );
  });
}

/** The time comes from a clock argument, so that tests can choose it. */
export function timeComesIn(sources: SourceFile[]): Problems {
  return sources.flatMap(({ path, text }) =>
    !isTest(path) &&
    /^src\/(flows|steps|records)\//.test(path) &&
    /\bDate\.now\(\)|\bnew Date\(\)/.test(withoutComments(text))
      ? [`${path}: reads the system's clock`]
      : [],
  );
}

const READS_THE_HOST = new Set([
  // To refuse remote clients. No link and no answer contains it.
  'src/platform/from-this-machine/from-this-machine.ts',
  // To choose among verified domains.
  'src/platform/http/own-origin.ts',
]);

/** Links contain the configured public URL, because the client chooses the Host header. */
export function nobodyTrustsTheHostHeader(sources: SourceFile[]): Problems {
  return sources.flatMap(({ path, text }) =>
    !isTest(path) &&
    !READS_THE_HOST.has(path) &&
    /\b(?:request|req|raw)\.(?:host|hostname)\b|headers(?:\.host\b|\[['"]host['"]\])(?!\s*=[^=])/.test(
      withoutComments(text),
    )
      ? [`${path}: reads the Host header`]
      : [],
  );
}

/** The door out, the server itself, and programs that are clients of a server themselves. */
const MAY_CALL = /^src\/(?:platform\/(?:egress|http)|cli)\//;
const GLOBAL_FETCH =
  /(?<![.\w])fetch\(|\bglobalThis\.fetch\b|[=?(,]\s*fetch\s*[;,)}]|\b(?:WebSocket|EventSource)\(/;
const CLIENT_IMPORT =
  /^import (?!type )(?<names>[^;]*?) from '(?:(?:node:)?(?:https?|http2|net|tls)|undici|axios|got)'/gm;
const CALLS = /\b(?:request|get|connect|createConnection|Agent|ClientRequest|Socket)\b|\* as|^\w+$/;

/** Outgoing HTTP calls keep their rules in one module. Elsewhere a call would reach the operator's own network. */
export function outgoingCallsHaveOneDoor(sources: SourceFile[]): Problems {
  return sources.flatMap(({ path, text }) => {
    if (isTest(path) || MAY_CALL.test(path)) return [];
    const code = withoutComments(text);
    const imports = Array.from(code.matchAll(CLIENT_IMPORT), ({ groups }) => groups?.names ?? '');
    const isOpen =
      GLOBAL_FETCH.test(code) ||
      imports.some((names) => CALLS.test(names.trim())) ||
      /\bimport\('(?:node:)?https?'\)/.test(code);
    return isOpen ? [`${path}: calls out by itself; use platform/egress`] : [];
  });
}

/**
 * The tree in ARCHITECTURE.md equals the real tree, down to the rooms.
 * @param folders the existing folders, such as `src/flows/log-in`
 */
export function treeIsAsDrawn(document: string, folders: string[]): Problems {
  const drawing = document.match(/```\n(src\/\n[\s\S]*?)```/)?.[1] ?? '';
  const drawn = new Set<string>();
  let tier = '';
  let folder = '';
  for (const line of drawing.split('\n')) {
    const [, indent = '', names = ''] = line.match(/^( *)((?:[a-z-]+\/ {0,2})+)/) ?? [];
    for (const [, name = ''] of names.matchAll(/([a-z-]+)\//g)) {
      if (indent.length === 2) tier = name;
      if (indent.length === 2) drawn.add(`src/${name}`);
      if (indent.length === 4) folder = `src/${tier}/${name}`;
      if (indent.length === 4) drawn.add(folder);
      if (indent.length === 6) drawn.add(`${folder}/${name}`);
    }
  }
  return [
    ...folders
      .filter((candidate) => !drawn.has(candidate))
      .map((each) => `${each}: is missing in the drawing`),
    ...[...drawn]
      .filter((candidate) => !folders.includes(candidate))
      .map((each) => `${each}: is only drawn`),
  ];
}

const NAMES_PAGES = 'src/platform/page-paths/page-paths.ts';
const PATH_OF_A_PAGE =
  /(?:\/u\/[a-z]|\/passwordless\/verify_redirect|(?<=['"`}])\/u(?=['"`?#]))[^\s'"`)]*/g;

/** A path that is written twice can differ, and then a link leads to no page. Templates get paths as values. */
export function pagePathsAreNamedOnce(files: SourceFile[]): Problems {
  return files.flatMap(({ path, text }) =>
    isTest(path) || path === NAMES_PAGES
      ? []
      : Array.from(
          withoutComments(text).matchAll(PATH_OF_A_PAGE),
          ([found]) => `${path}: writes ${found}; take the path from platform/page-paths`,
        ),
  );
}
