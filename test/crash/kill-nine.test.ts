import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/platform/db/db.ts';
import { copyDatabase, EMBEDDED_FOLDER } from '../harness/database.ts';
import { freePort } from '../harness/free-port.ts';
import { eventually } from '../harness/harness.ts';
import { startCountingSink } from './counting-sink.ts';

// The usual run is short; CRASH_PEOPLE=50000 CRASH_KILLS=20 is the long one.
const PEOPLE = Number(process.env.CRASH_PEOPLE ?? 3000);
const KILLS = Number(process.env.CRASH_KILLS ?? 4);
const CLIENT = { id: 'crash-client', secret: 'crash-secret-0123456789abcdef' };

type Summary = { inserted: number; updated: number; failed: number; total: number };
type Job = {
  id: string;
  status: string;
  summary?: Summary;
  invitations?: { invited: number; mails: Record<string, number> };
};

test(
  `an import of ${PEOPLE} with invitations survives kill -9 at ${KILLS} random moments`,
  async () => {
    const copy = await copyDatabase();
    const sink = await startCountingSink();
    const port = await freePort();
    const url = `http://localhost:${port}`;
    let server: ChildProcess | undefined;

    const start = async () => {
      const child = spawn(process.execPath, ['src/main.ts'], {
        env: {
          ...process.env,
          NODE_ENV: 'test',
          PORT: String(port),
          PUBLIC_URL: url,
          DATA_DIR: copy.dataDir,
          ...(copy.url !== undefined && { DATABASE_URL: copy.url }),
          SMTP_URL: sink.url,
          USHER_SECRET: 'a-secret-for-crash-tests-0123456789abcdef',
          USHER_BOOTSTRAP_CLIENT_ID: CLIENT.id,
          USHER_BOOTSTRAP_CLIENT_SECRET: CLIENT.secret,
          LOG_LEVEL: 'error',
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      server = child;
      await eventually(async () => (await isReady(url)) || undefined, {
        seconds: 60,
        what: 'the server to answer',
      });
    };
    const kill = async () => {
      const child = server;
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    };

    try {
      await start();
      const token = await tokenOf(url);
      const api = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
        const response = await fetch(`${url}/api/v2${path}`, {
          ...init,
          headers: { authorization: `Bearer ${token}` },
        });
        return (await response.json()) as T;
      };
      const [connection] = await api<{ id: string }[]>('/connections');
      const form = new FormData();
      form.set('connection_id', connection?.id ?? '');
      form.set('send_invitations', 'true');
      form.set('users', new Blob([fileOf(PEOPLE)]), 'people.json');
      const { id } = await api<Job>('/jobs/users-imports', { method: 'POST', body: form });
      expect(id).toMatch(/^job_/);

      for (let n = 0; n < KILLS; n++) {
        await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 900));
        await kill();
        await start();
      }

      const job = await eventually(
        async () => {
          const now = await api<Job>(`/jobs/${id}`);
          const { queued = 1, sending = 0 } = now.invitations?.mails ?? {};
          return now.status === 'completed' && queued + sending === 0 ? now : undefined;
        },
        { seconds: 600, what: 'the job and its mails to be done' },
      );
      const broken = Math.floor(PEOPLE / 100);
      const good = PEOPLE - broken;
      expect(job.summary).toEqual({ inserted: good, updated: 0, failed: broken, total: PEOPLE });
      expect(job.invitations).toMatchObject({ invited: good, mails: { sent: good, failed: 0 } });

      await kill();
      const database = await openDatabase({
        url: copy.url,
        dataDir: join(copy.dataDir, EMBEDDED_FOLDER),
      });
      const { rows } = await database.execute(
        `select (select count(*)::int from users) as users, (select count(distinct email)::int from users) as emails,
          (select count(*)::int from invitations) as invitations, (select count(*)::int from messages) as messages`,
      );
      await database.close();
      expect(rows[0]).toEqual({ users: good, emails: good, invitations: good, messages: good });

      // A crash may make a mail go out twice; then it is the same mail with the same link.
      expect(sink.recipients.size).toBe(good);
      let repeats = 0;
      for (const mails of sink.recipients.values()) {
        expect(new Set(mails.map((mail) => mail.messageId)).size).toBe(1);
        expect(new Set(mails.map((mail) => mail.link)).size).toBe(1);
        repeats += mails.length - 1;
      }
      console.log(
        `${KILLS} kills: ${good} people, ${good + repeats} mails received, ${repeats} repeated`,
      );
    } finally {
      await kill();
      await sink.close();
      await copy.drop();
    }
  },
  30 * 60_000,
);

/** 1 % of the rows are broken. */
function fileOf(people: number): string {
  return JSON.stringify(
    Array.from({ length: people }, (_, i) => ({
      email: i % 100 === 99 ? `broken ${i}` : `person${i}@crash.test`,
      given_name: `Given ${i}`,
    })),
  );
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}

async function tokenOf(url: string): Promise<string> {
  const response = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      audience: `${url}/api/v2/`,
    }),
  });
  const body = (await response.json()) as { access_token: string };
  return body.access_token;
}
