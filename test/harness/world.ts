import { sql } from 'kysely';
import { vi } from 'vitest';
import type { App } from '../../src/app.ts';
import type { Config } from '../../src/config/config.ts';
import { deriveKeys } from '../../src/platform/crypto/crypto.ts';
import { createTasks, type Registration } from '../../src/platform/tasks/tasks.ts';
import { ensureDefaultConnection } from '../../src/records/connections/connections.ts';
import { workerHandlers } from '../../src/worker/worker.ts';
import { closedAtEnd } from './close-at-end.ts';
import { eventually, SERVER_SECRET, startServer, type TestServer } from './harness.ts';
import { type Registered, registerOf } from './registered.ts';
import { type Scene, sceneOf } from './scene.ts';
import { startTextSink } from './text-sink.ts';

export { API, CALLBACK } from './builders.ts';
export {
  type ApiClient,
  made,
  type Organization,
  type Person,
  type Tokens,
} from './registered.ts';
export { failAtBoom } from './scene.ts';
export { claimsOf, openTab, type Shown, type Tab } from './tab.ts';

export const keys = deriveKeys(SERVER_SECRET);

export type World = Scene &
  Registered & {
    server: TestServer;
    /** The id of the default connection. */
    connectionId: string;
    app: App['http'];
    /** Texts that were sent to phones, oldest first. */
    texts: readonly { to: string; text: string }[];
    /** The entries of the log, after the waiting ones are written. */
    logs(query: string): Promise<LogWire[]>;
    /** The number of logins with which this user came back to an application. */
    loginsOf(userId: string): Promise<number>;
  };

/** An entry of the log in the format of the API. */
export type LogWire = Record<string, unknown> & {
  log_id: string;
  type: string;
  date: string;
  details?: { request?: Record<string, unknown>; response?: Record<string, unknown> };
};

/**
 * Starts the real application with a mail server and a receiver of text messages. Builders named after a thing (`aUser`) write to the
 * database; those with a verb (`registerClient`) use the API.
 */
export async function openWorld(
  settings: Partial<Config> = {},
  parts: Parameters<typeof startServer>[1] = {},
): Promise<World> {
  const sink = await startTextSink();
  closedAtEnd(async () => sink.close());
  const server = await startServer({ smsWebhookUrl: sink.url, ...settings }, parts);
  const { app } = server;
  const scene = sceneOf(app);
  const { id: connectionId } = await ensureDefaultConnection(scene.db, scene.clock.now());
  await scene.anApi();

  async function logs(query: string): Promise<LogWire[]> {
    await app.flushLog();
    const answer = await server.api<LogWire[]>('GET', `/api/v2/logs?${query}`);
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body;
  }

  return {
    ...scene,
    ...registerOf(server, connectionId),
    server,
    connectionId,
    app: app.http,
    texts: sink.received,
    logs,
    async loginsOf(userId) {
      const q = `type:s AND user_id:"${userId}"`;
      return (await logs(`${new URLSearchParams({ q })}`)).length;
    },
  };
}

export type StillWorld = World & {
  passTime(seconds: number): void;
  /** Does the waiting background work and all that follows from it. Returns the names of its tasks, in order. */
  work(): Promise<string[]>;
};

/**
 * Opens a world in which time stands still until `passTime`, and background work until `work`. It is the time of the whole process, because
 * the OpenID Connect library has no other clock.
 */
export async function openStillWorld(
  settings: Partial<Config> = {},
  parts: Parameters<typeof startServer>[1] = {},
): Promise<StillWorld> {
  const world = await openWorld({ role: 'web', ...settings }, parts);
  const { app } = world.server;
  stopTime();
  const seen = new Set<string>();

  return {
    ...world,
    passTime: (seconds) => vi.setSystemTime(Date.now() + seconds * 1000),
    async work() {
      const { database, deps } = app;
      const registrations: Registration[] = [];
      const worker = createTasks({ database, log: deps.log, registrations, work: true });
      // What a task enqueues starts at once: the worker knows of it.
      registrations.push(...workerHandlers({ ...deps, enqueue: worker.enqueue }));
      await worker.start();
      await eventually(async () => ((await isWorkWaiting(app)) ? undefined : true));
      await worker.stop();
      const done = await sql<{ id: string; name: string }>`
        select id, name from tasks.job where state = 'completed' order by completed_on, created_on`.execute(
        app.deps.db,
      );
      const fresh = done.rows.filter(({ id }) => !seen.has(id));
      for (const { id } of fresh) seen.add(id);
      return fresh.map(({ name }) => name);
    },
  };
}

async function isWorkWaiting({ deps: { db } }: App): Promise<boolean> {
  const { rows } = await sql`select 1 from tasks.job
    where state = 'active' or (state in ('created', 'retry') and start_after <= now()) limit 1`.execute(
    db,
  );
  return rows.length > 0;
}

function stopTime(): void {
  if (!vi.isFakeTimers()) {
    vi.useFakeTimers({ toFake: ['Date'] });
    closedAtEnd(async () => {
      vi.useRealTimers();
    });
  }
  // Whole seconds, as tokens have them.
  vi.setSystemTime(Math.ceil(Date.now() / 1000) * 1000);
}
