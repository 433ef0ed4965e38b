import type { Db } from '../../../platform/db/db.ts';
import { TENANT_DEFAULTS, tenantSettings } from '../../../records/settings/settings.ts';

/** A change on another node counts here within this time. */
const REMEMBERED_MS = 1000;

export type SessionLife = {
  /** Reads the settings unless that was just done. The library asks for lifetimes where it can not wait. */
  refresh(): Promise<void>;
  idleSeconds(): number;
  absoluteSeconds(): number;
};

/** How long sessions live, as the tenant settings say. */
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
