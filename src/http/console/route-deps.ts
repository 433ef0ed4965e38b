import type { ConsoleDeps } from './deps.ts';
import type { Pages } from './pages.ts';
import type { Sessions } from './session.ts';

/** The dependencies that the routes of this folder share. */
export type RouteDeps = ConsoleDeps & { pages: Pages; sessions: Sessions };
