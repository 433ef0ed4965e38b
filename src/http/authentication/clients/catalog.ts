import type { Db } from '../../../platform/db/db.ts';
import { credentialsOf } from '../../../records/client-credentials/client-credentials.ts';
import { findGrant } from '../../../records/client-grants/client-grants.ts';
import { findClient, originSet, originsOfClients } from '../../../records/clients/clients.ts';
import { namesOfOrganizations } from '../../../records/organizations/organizations.ts';
import { findResourceServer } from '../../../records/resource-servers/resource-servers.ts';
import { tenantSettings } from '../../../records/settings/settings.ts';

/** Time until a change on another node applies. A change on this node applies at once, by `forget`. */
const TTL_MS = 1000;
const MAX_ENTRIES = 1000;

/** A cache of applications, APIs and settings. Reads each from the database at most once per second. */
export type Catalog = ReturnType<typeof createCatalog>;

export function createCatalog(db: Db) {
  const memories: { forget(): void }[] = [];
  const remember = <T extends object>(load: (key: string) => Promise<T | null>) => {
    const memory = createMemory(load);
    memories.push(memory);
    return memory.recall;
  };
  const grants = remember((key) => {
    const [clientId = '', audience = '', subject = ''] = JSON.parse(key);
    return findGrant(db, {
      clientId,
      audience,
      subjectType: subject === 'user' ? 'user' : 'client',
    });
  });
  return {
    /** The tenant settings. There is one entry, with the key ''. */
    tenant: remember(() => tenantSettings(db)),
    client: remember((id) => findClient(db, id)),
    /** The origins of all clients. There is one entry. */
    origins: remember(async () => originSet(await originsOfClients(db))),
    /** Returns those of `names` that are names of organizations. */
    organizations: (names: readonly string[]) => namesOfOrganizations(db, names),
    /** Returns all public keys of a client. Read again together with the client. */
    credentials: (clientId: string) => credentialsOf(db, clientId),
    resourceServer: remember((identifier) => findResourceServer(db, identifier)),
    /** Clears the cache after a change. A read that is in progress does not fill it. */
    forget() {
      for (const memory of memories) memory.forget();
    },
    clientGrant: (clientId: string, audience: string, subject: 'client' | 'user') =>
      grants(JSON.stringify([clientId, audience, subject])),
  };
}

/** Caches what `load` finds, but not a miss. Simultaneous callers share one load. */
function createMemory<T extends object>(load: (key: string) => Promise<T | null>) {
  const known = new Map<string, { value: Promise<T | null>; until: number }>();

  async function recall(key: string): Promise<T | null> {
    // PostgreSQL text cannot contain NUL, so there is no such key.
    if (key.includes('\0')) return null;
    const now = performance.now();
    const entry = known.get(key);
    if (entry && entry.until > now) return entry.value;
    const value = load(key);
    known.delete(key);
    known.set(key, { value, until: now + TTL_MS });
    const forget = () => {
      if (known.get(key)?.value === value) known.delete(key);
    };
    value.then((found) => found === null && forget(), forget);
    if (known.size > MAX_ENTRIES) {
      const oldest = known.keys().next();
      if (!oldest.done) known.delete(oldest.value);
    }
    return value;
  }

  return { recall, forget: () => known.clear() };
}
