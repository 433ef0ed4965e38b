import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDatabase } from '../src/platform/db/db.ts';
import { run as runClientCredentials } from './client-credentials.ts';
import { run as runEnumeration } from './enumeration.ts';
import { run as runFlow } from './flow.ts';
import { run as runImport } from './import.ts';
import { run as runInvitations } from './invitations.ts';
import type { Benchmark, Result, Sizes } from './kit/benchmark.ts';
import { machineFacts } from './kit/machine.ts';
import { embeddedPlaces, type Place, type Places, postgresPlaces } from './kit/places.ts';
import { type Hot, hottest } from './kit/profile.ts';
import { toTable } from './kit/table.ts';
import { run as runLogins } from './logins.ts';
import { run as runLookups } from './lookups.ts';
import { run as runRateLimits } from './rate-limits.ts';
import { run as runScripts } from './scripts.ts';
import { run as runSearches } from './searches.ts';
import { run as runWrongPasswords } from './wrong-passwords.ts';

const BENCHMARKS: Record<string, Benchmark> = {
  import: runImport,
  invitations: runInvitations,
  flow: runFlow,
  logins: runLogins,
  'client-credentials': runClientCredentials,
  lookups: runLookups,
  searches: runSearches,
  'rate-limits': runRateLimits,
  'wrong-passwords': runWrongPasswords,
  enumeration: runEnumeration,
  scripts: runScripts,
};

const FULL: Sizes = {
  importRows: [100_000, 1_000_000],
  invitations: 10_000,
  rounds: 3,
  seconds: 10,
  agents: 16,
  lookupUsers: [10_000, 100_000, 1_000_000],
  lookupRequests: 300,
  limitedPeople: 1000,
  pendingInvitations: [10_000, 1_000_000],
  timedInvitations: 200,
  wrongPasswords: 50,
};

/** Enough to see that everything runs. The figures mean little. */
const SMALL: Sizes = {
  importRows: [5_000],
  invitations: 300,
  rounds: 1,
  seconds: 2,
  agents: 8,
  lookupUsers: [500, 2_000],
  lookupRequests: 30,
  limitedPeople: 60,
  pendingInvitations: [500, 5_000],
  timedInvitations: 20,
  wrongPasswords: 3,
};

const HELP = `npm run bench -- [options]

  --only NAMES       some of ${Object.keys(BENCHMARKS).join(', ')}
  --database WHICH   postgres, embedded or both (the default)
  --sizes NUMBERS    users in the database, and rows imported: 10000,100000
  --seconds N        how long each round of a figure per second takes
  --rounds N         of each figure; the median counts (3)
  --attempts N       wrong passwords for each kind of account, and questions whether there is one (50)
  --small            a quick look whether everything runs
  --profile          CPU profiles of the servers, and where their time went; slows them down
  --out FOLDER       where results go (bench/results)

How to read the figures: bench/README.md`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    database: { type: 'string', default: 'both' },
    sizes: { type: 'string' },
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    attempts: { type: 'string' },
    small: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    out: { type: 'string', default: join(import.meta.dirname, 'results') },
    help: { type: 'boolean', default: false },
  },
});

/** The results of one run on one database, written as JSON. */
type Report = {
  at: string;
  machine: ReturnType<typeof machineFacts>;
  database: { kind: Places['kind']; version: string; settings: Record<string, string> };
  sizes: Sizes;
  results: (Result & { benchmark: string })[];
  failures: { benchmark: string; message: string }[];
  hottest?: Record<string, Hot[]>;
};

function chosenSizes(): Sizes {
  const sizes = { ...(options.small ? SMALL : FULL) };
  if (options.seconds !== undefined) sizes.seconds = Number(options.seconds);
  if (options.rounds !== undefined) sizes.rounds = Number(options.rounds);
  if (options.attempts !== undefined) sizes.wrongPasswords = Number(options.attempts);
  if (options.sizes === undefined) return sizes;
  const numbers = options.sizes.split(',').map(Number);
  if (!numbers.every((number) => Number.isInteger(number) && number > 0)) {
    throw new Error(`--sizes takes whole numbers such as 10000,100000, not ${options.sizes}.`);
  }
  return { ...sizes, importRows: numbers, lookupUsers: numbers, pendingInvitations: numbers };
}

function chosenBenchmarks(): [string, Benchmark][] {
  const names = options.only?.split(',') ?? Object.keys(BENCHMARKS);
  return names.map((name) => {
    const benchmark = BENCHMARKS[name];
    if (!benchmark) throw new Error(`There is no benchmark ${name}.\n\n${HELP}`);
    return [name, benchmark];
  });
}

async function openPlaces(): Promise<(() => Promise<Places>)[]> {
  const known = {
    postgres: [postgresPlaces],
    embedded: [async () => embeddedPlaces()],
  };
  if (options.database === 'both') return [...known.postgres, ...known.embedded];
  if (options.database === 'postgres' || options.database === 'embedded') {
    return known[options.database];
  }
  throw new Error(`--database is postgres, embedded or both, not ${options.database}.`);
}

async function runOn(places: Places): Promise<Report> {
  const sizes = chosenSizes();
  const report: Report = {
    at: new Date().toISOString(),
    machine: machineFacts(),
    database: {
      kind: places.kind,
      version: await versionOf(places),
      settings: places.settings,
    },
    sizes,
    results: [],
    failures: [],
  };
  for (const [name, benchmark] of chosenBenchmarks()) {
    const profiles = options.profile
      ? await mkdtemp(join(tmpdir(), `usher-profiles-${name}-`))
      : undefined;
    const open: Place[] = [];
    try {
      const results = await benchmark({
        kind: places.kind,
        sizes,
        profiles,
        async newPlace() {
          const place = await places.newPlace();
          open.push(place);
          return place;
        },
        say: (text) => console.error(`  ${name}: ${text}`),
      });
      report.results.push(...results.map((result) => ({ benchmark: name, ...result })));
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      report.failures.push({ benchmark: name, message: message.slice(0, 2000) });
    } finally {
      for (const place of open) await place.remove();
    }
    if (profiles) {
      report.hottest = { ...report.hottest, [name]: await hottest(profiles, 15) };
      console.error(`  profiles: ${profiles}`);
    }
  }
  return report;
}

async function versionOf(places: Places): Promise<string> {
  const place = await places.newPlace();
  const database = await openDatabase({ url: place.url, dataDir: join(place.dataDir, 'db') });
  const { version } = await database.about();
  await database.close();
  await place.remove();
  return version;
}

function show(report: Report): void {
  const { machine, database } = report;
  const name = database.kind === 'postgres' ? 'PostgreSQL' : 'embedded (PGlite), PostgreSQL';
  const settings = Object.entries(database.settings).map(([key, value]) => `${key} ${value}`);
  console.log(
    `\n${name} ${database.version} (${settings.join(', ')}) · Node ${machine.node} · ${machine.cores} cores\n`,
  );
  console.log(toTable(report.results));
  for (const [benchmark, hot] of Object.entries(report.hottest ?? {})) {
    console.log(`\nWhere the servers' time went, ${benchmark}:`);
    for (const { where, percent } of hot) console.log(`${String(percent).padStart(6)} %  ${where}`);
  }
  for (const { benchmark, message } of report.failures) {
    console.log(`\n${benchmark} FAILED: ${message}`);
  }
}

async function write(report: Report): Promise<void> {
  await mkdir(options.out, { recursive: true });
  const file = join(
    options.out,
    `${report.at.slice(0, 16).replaceAll(':', '')}-${report.database.kind}.json`,
  );
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\nWritten to ${file}`);
}

if (options.help) {
  console.log(HELP);
  process.exit(0);
}
chosenBenchmarks();
let failed = false;
for (const open of await openPlaces()) {
  const places = await open();
  try {
    const report = await runOn(places);
    show(report);
    // The results of a quick look are not kept.
    if (!options.small && !options.profile) await write(report);
    failed ||= report.failures.length > 0;
  } finally {
    await places.close();
  }
}
process.exitCode = failed ? 1 : 0;
