import type { App } from '../../src/app.ts';
import { type Builders, buildersOf } from './builders.ts';
import { type Logins, loginsAt } from './logins.ts';

/** A running server, and the functions that fill it. Needs no test runner: scripts use it too. */
export type Scene = Builders & Logins & Pick<App['deps'], 'db' | 'clock' | 'keys' | 'publicUrl'>;

export function sceneOf(app: App): Scene {
  const { db, clock, keys, publicUrl } = app.deps;
  return { ...buildersOf(app), ...loginsAt(app), db, clock, keys, publicUrl };
}

/** Adds a page that fails to an application that does not listen yet. */
export function failAtBoom({ http }: App): void {
  http.get('/boom', async () => {
    throw new Error('a secret detail');
  });
}
