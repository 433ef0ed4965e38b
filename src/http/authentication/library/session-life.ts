import type { Db } from '../../../platform/db/db.ts';
import { TENANT_DEFAULTS, tenantSettings } from '../../../records/settings/settings.ts';

/** Time until a change on another node applies here. */
const REMEMBERED_MS = 1000;

export type SessionLife = {
  /** Reads the settings unless they were just read. The library needs lifetimes where it cannot wait. */
  refresh(): Promise<void>;
  idleSeconds(): number;
  absoluteSeconds(): number;
};

/** Returns the lifetimes of sessions from the tenant settings. */
export function createSessionLife(db: Db): SessionLife {
  let settings = TENANT_DEFAULTS;
  let readAt = Number.NEGATIVE_INFINITY;
  return {
    async refresh() {
      if (performance.now() - readAt < REMEMBERED_MS) return;
      settings = await tenantSettings(db);
      readAt = performance.now();
    },
    idleSeconds: () => settings.idleSessionLifetimeMinutes * 60,
    absoluteSeconds: () => settings.sessionLifetimeMinutes * 60,
  };
}
