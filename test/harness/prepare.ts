import { openDatabase } from '../../src/platform/db/db.ts';
import { createLog } from '../../src/platform/log/log.ts';
import { createTasks } from '../../src/platform/tasks/tasks.ts';

/** Migrates an empty database and creates the task queue in it, so that every copy is ready at once. */
export async function prepareTemplate(where: {
  url: string | undefined;
  dataDir: string;
}): Promise<void> {
  const database = await openDatabase(where);
  try {
    await database.migrate();
    const tasks = createTasks({
      database,
      log: createLog('error'),
      registrations: [],
      work: false,
    });
    await tasks.start();
    await tasks.stop();
  } finally {
    await database.close();
  }
}
