import type { Db } from '../../../platform/db/db.ts';
import { credentialsOf } from '../../../records/client-credentials/client-credentials.ts';
import { findGrant } from '../../../records/client-grants/client-grants.ts';
import { findClient, originsOfClients } from '../../../records/clients/clients.ts';
import { namesOfOrganizations } from '../../../records/organizations/organizations.ts';
import { findResourceServer } from '../../../records/resource-servers/resource-servers.ts';
import { tenantSettings } from '../../../records/settings/settings.ts';
import { originSet } from './redirect-uris.ts';

/** A change made on another node counts within this time; one made on this node at once, by `forget`. */
const TTL_MS = 1000;
const MAX_ENTRIES = 1000;

/** Who may ask for tokens, and for what: read from the database at most once a second for each. */
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
    /** Settings of the server as a whole; there is one, and its key is ''. */
    tenant: remember(() => tenantSettings(db)),
    client: remember((id) => findClient(db, id)),
    /** For whom an origin is that of any client; of the server as a whole, too. */
    origins: remember(async () => originSet(await originsOfClients(db))),
    /** Which of these are names of organizations. */
    organizations: (names: readonly string[]) => namesOfOrganizations(db, names),
    /** All public keys of a client; asked for when the client itself is read anew. */
    credentials: (clientId: string) => credentialsOf(db, clientId),
    resourceServer: remember((identifier) => findResourceServer(db, identifier)),
    /** Something was changed: what is asked for from now on is read anew, also where somebody is reading at the moment. */
    forget() {
      for (const memory of memories) memory.forget();
    },
    clientGrant: (clientId: string, audience: string, subject: 'client' | 'user') =>
      grants(JSON.stringify([clientId, audience, subject])),
  };
}

/** Remembers what `load` found; what it didn't find is asked for again each time. Simultaneous callers share one load. */
function createMemory<T extends object>(load: (key: string) => Promise<T | null>) {
  const known = new Map<string, { value: Promise<T | null>; until: number }>();

  async function recall(key: string): Promise<T | null> {
    // PostgreSQL has no NUL in text, so nothing is called that.
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
