import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';
import type { Config } from '../config/config.ts';
import { openDatabase } from '../platform/db/db.ts';

/** What one look found. `skipped` is not a fault: it could not be looked at here. */
export type Finding = {
  what: string;
  state: 'good' | 'warning' | 'bad' | 'skipped';
  found: string;
  /** What to do about it. */
  advice?: string;
};

const CLOCKS_MAY_DIFFER_MS = 5_000;
const PATIENCE_MS = 8_000;

/** Node: the server relies on what version 24 brought. */
export function checkNode(version: string): Finding {
  const major = Number(/^v?(\d+)/.exec(version)?.[1]);
  return major >= 24
    ? { what: 'Node', state: 'good', found: version }
    : {
        what: 'Node',
        state: 'bad',
        found: `${version} is too old`,
        advice: 'Use Node 24, or start through npm scripts, which bring their own.',
      };
}

/** The folder for the embedded database and the kept secret. */
export async function checkDataFolder(folder: string): Promise<Finding> {
  const probe = join(folder, `.doctor-${process.pid}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(probe, '');
    await rm(probe);
    return { what: 'Data folder', state: 'good', found: `${folder} is writable` };
  } catch (error) {
    return {
      what: 'Data folder',
      state: 'bad',
      found: `${folder}: ${messageOf(error)}`,
      advice: 'Set DATA_DIR to a folder that the user who runs the server may write to.',
    };
  }
}

/** PostgreSQL: reachable, new enough, migrated, and of one mind about the time. */
export async function checkDatabase(config: Config): Promise<Finding[]> {
  const what = 'Database';
  if (config.databaseUrl === undefined) {
    return [
      {
        what,
        state: config.production ? 'warning' : 'good',
        found: `embedded, in ${join(config.dataDir, 'db')}`,
        ...(config.production && {
          advice: 'It does not wait for the disk: in production set DATABASE_URL to a PostgreSQL.',
        }),
      },
    ];
  }
  const database = await openDatabase({ url: config.databaseUrl, dataDir: '', poolSize: 1 });
  try {
    const before = Date.now();
    const { version, now } = await within(database.about());
    const pending = await within(database.pending());
    const old = Number.parseInt(version, 10) < 15;
    return [
      old
        ? {
            what,
            state: 'bad',
            found: `PostgreSQL ${version} is too old`,
            advice: 'Usher needs PostgreSQL 15 or newer.',
          }
        : { what, state: 'good', found: `PostgreSQL ${version} answers` },
      pending.length === 0
        ? { what: 'Tables', state: 'good', found: 'up to date' }
        : {
            what: 'Tables',
            state: 'bad',
            found: `${pending.length} migration(s) not applied, from ${pending[0]}`,
            advice: 'Run `usher migrate`, or start the server, which does the same.',
          },
      compareClocks("the database's", now.getTime(), before, Date.now()),
    ];
  } catch (error) {
    return [
      {
        what,
        state: 'bad',
        found: `PostgreSQL can't be reached: ${messageOf(error)}`,
        advice:
          'Check DATABASE_URL: host, port, user, password, name, and whether a firewall is between.',
      },
    ];
  } finally {
    await database.close().catch(() => {});
  }
}

/** The mail server: a connection and its greeting. No mail is sent. */
export async function checkMail(smtpUrl: string | undefined): Promise<Finding> {
  const what = 'Mail';
  if (smtpUrl === undefined) {
    return {
      what,
      state: 'good',
      found: 'kept in the development mailbox',
      advice: 'See it at /dev/mailbox. To send mail, set SMTP_URL.',
    };
  }
  const { protocol, hostname, port } = new URL(smtpUrl);
  const secure = protocol === 'smtps:';
  const at = `${hostname}:${port || (secure ? 465 : 587)}`;
  try {
    const offers = await within(greet(hostname, Number(port || (secure ? 465 : 587)), secure));
    const encrypted = secure || offers.includes('STARTTLS');
    return {
      what,
      state: 'good',
      found: `${at} answers${encrypted ? ', encrypted' : ', not encrypted'}`,
    };
  } catch (error) {
    return {
      what,
      state: 'bad',
      found: `${at} does not answer: ${messageOf(error)}`,
      advice: 'Check SMTP_URL. Many networks block port 25; providers take mail on 587 or 465.',
    };
  }
}

/** The running server: reachable where PUBLIC_URL says, and of the same opinion about its name. */
export async function checkPublicUrl(publicUrl: string, production: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  const what = 'Public URL';
  try {
    const before = Date.now();
    const health = await ask(`${publicUrl}/readyz`);
    const date = Date.parse(health.headers.get('date') ?? '');
    findings.push(
      health.ok
        ? { what, state: 'good', found: `${publicUrl} answers` }
        : {
            what,
            state: 'bad',
            found: `${publicUrl}/readyz says ${health.status}`,
            advice:
              'The server runs but has no database, or something else answers at this address.',
          },
    );
    if (Number.isFinite(date)) {
      findings.push(compareClocks("the server's", date, before - 1000, Date.now()));
    }
    findings.push(await checkIssuer(publicUrl));
  } catch (error) {
    findings.push({
      what,
      state: 'bad',
      found: `${publicUrl} can't be reached: ${messageOf(error)}`,
      advice:
        'Start the server (`usher serve`), and check that PUBLIC_URL is the address people use, also from this machine.',
    });
  }
  const { protocol, hostname } = new URL(publicUrl);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol === 'http:' && (production || !local)) {
    findings.push({
      what: 'Encryption',
      state: 'warning',
      found: 'PUBLIC_URL begins with http:',
      advice: 'Passwords travel in the clear. Put TLS in front, or set TLS_CERT and TLS_KEY.',
    });
  }
  return findings;
}

async function checkIssuer(publicUrl: string): Promise<Finding> {
  const response = await ask(`${publicUrl}/.well-known/openid-configuration`);
  const body: unknown = await response.json().catch(() => undefined);
  const issuer =
    typeof body === 'object' && body !== null && 'issuer' in body ? String(body.issuer) : undefined;
  return issuer === `${publicUrl}/`
    ? { what: 'Issuer', state: 'good', found: issuer }
    : {
        what: 'Issuer',
        state: 'bad',
        found: issuer === undefined ? 'no discovery document' : `the server calls itself ${issuer}`,
        advice: `Start the server with PUBLIC_URL=${publicUrl}; applications refuse tokens of another issuer.`,
      };
}

function compareClocks(whose: string, theirs: number, before: number, after: number): Finding {
  const off = theirs < before ? theirs - before : Math.max(0, theirs - after);
  return Math.abs(off) <= CLOCKS_MAY_DIFFER_MS
    ? { what: 'Clock', state: 'good', found: `agrees with ${whose}` }
    : {
        what: 'Clock',
        state: 'bad',
        found: `${Math.round(Math.abs(off) / 1000)} s ${off > 0 ? 'behind' : 'ahead of'} ${whose}`,
        advice: 'Let both machines take their time from NTP: tokens and links live by the clock.',
      };
}

/** Says EHLO and QUIT. Resolves to what the mail server offers; throws when it does not greet with 220 (RFC 5321 §3.1). */
async function greet(host: string, port: number, secure: boolean): Promise<string[]> {
  const socket = secure ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
  // Whoever waits has given up by then; an open socket would keep the process.
  const over = setTimeout(() => socket.destroy(), PATIENCE_MS);
  const offers: string[] = [];
  try {
    const lines = createInterface({ input: socket });
    const failed = new Promise<never>((_resolve, reject) => socket.once('error', reject));
    // The race below hears of it; without this a late error would end the process.
    failed.catch(() => {});
    const spoken = (async () => {
      let greeted = false;
      for await (const line of lines) {
        if (!greeted) {
          if (!line.startsWith('220')) throw new Error(`it says "${line}"`);
          if (line.startsWith('220-')) continue;
          greeted = true;
          socket.write('EHLO usher-doctor\r\n');
          continue;
        }
        offers.push(line.slice(4).trim().toUpperCase());
        if (line.startsWith('250 ')) return offers;
        if (!line.startsWith('250')) throw new Error(`it says "${line}"`);
      }
      throw new Error('it closed the connection');
    })();
    return await Promise.race([spoken, failed]);
  } finally {
    clearTimeout(over);
    socket.end('QUIT\r\n');
    socket.destroySoon();
  }
}

/** A request that is taken back when nobody waits for it any more: an open one would keep the process for minutes. */
function ask(url: string): Promise<Response> {
  return within(fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS + 1000) }));
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`)),
      PATIENCE_MS,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return messageOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
