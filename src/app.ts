import { join } from 'node:path';
import type { Config } from './config/config.ts';
import { systemClock } from './platform/clock/clock.ts';
import { deriveKeys } from './platform/crypto/crypto.ts';
import { openDatabase } from './platform/db/db.ts';
import { createHttpServer } from './platform/http/http.ts';
import { createLog } from './platform/log/log.ts';
import { createTasks, type Registration } from './platform/tasks/tasks.ts';

export type App = Awaited<ReturnType<typeof createApp>>;

/**
 * Builds the whole server from its configuration: the one place that knows every module.
 * Nothing listens and nothing works before `start`.
 */
export async function createApp(config: Config) {
  const log = createLog(config.logLevel, config.logPretty);
  const clock = systemClock;
  const keys = deriveKeys(config.secret);
  const database = await openDatabase({
    url: config.databaseUrl,
    dataDir: join(config.dataDir, 'db'),
    poolSize: config.databasePoolSize,
  });
  await database.migrate();
  const { db } = database;

  const registrations: Registration[] = [];
  const tasks = createTasks({ database, log, registrations, work: config.role !== 'web' });
  const http = await createHttpServer({ log, trustProxy: config.trustProxy, tls: config.tls });

  http.get('/healthz', async () => ({ status: 'ok' }));
  http.get('/readyz', async (_request, reply) => {
    const ready = await database.ping();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'no database' });
  });

  return {
    config,
    http,
    database,
    deps: { db, clock, keys, log, enqueue: tasks.enqueue },
    async start(): Promise<{ url: string }> {
      await tasks.start();
      await http.listen({ port: config.port, host: config.host });
      return { url: config.publicUrl };
    },
    async stop(): Promise<void> {
      await http.close();
      await tasks.stop();
      await database.close();
    },
  };
}
