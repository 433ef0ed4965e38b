import { closedAtEnd } from '../harness/close-at-end.ts';
import { freePort } from '../harness/free-port.ts';
import { freshDatabase } from '../harness/harness.ts';
import { openWorld, type World } from './world.ts';

/** Serves the hosted pages to browsers at `publicUrl` until the test file ends. */
export async function listeningWorld(): Promise<World> {
  const port = await freePort();
  const world = await openWorld(await freshDatabase(), { publicUrl: `http://localhost:${port}` });
  await world.app.listen({ port, host: '127.0.0.1' });
  closedAtEnd(() => world.app.close());
  return world;
}
