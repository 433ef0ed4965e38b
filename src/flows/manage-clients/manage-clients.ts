import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction, transactionWithUndo } from '../../platform/db/db.ts';
import {
  type ClientCredential,
  insertCredential,
  missingCredentials,
} from '../../records/client-credentials/client-credentials.ts';
import {
  type Client,
  type ClientSettings,
  findClient,
  insertClient,
  keepSecret,
  lockClient,
  newClientSecret,
  type SecretKeeper,
  updateClient,
} from '../../records/clients/clients.ts';
import { holdOrganization } from '../../records/organizations/organizations.ts';
import { checkClient, checkIdTokenSecret } from './check-client.ts';

export {
  addClientCredential,
  changeClientCredential,
  removeClientCredential,
} from './credentials.ts';

export type ManageClientsDeps = SecretKeeper & { db: Db; clock: Clock };

/** The organization of the application's own tokens does not exist. */
export type NoOrganization = { kind: 'no_organization'; id: string };

/**
 * Creates an application with a secret and, if it signs with keys, these keys: all of it, or nothing.
 * @returns also the secret; `duplicate_kid` if two keys have the same id
 * @throws Refusal for settings that contradict each other
 */
export async function createClient(
  deps: ManageClientsDeps,
  input: {
    id: string;
    name: string;
    settings: ClientSettings;
    credentials: ClientCredential[];
    defaultOrganizationId: string | null;
  },
): Promise<
  { kind: 'created'; client: Client; secret: string } | { kind: 'duplicate_kid' } | NoOrganization
> {
  const { id, name, settings, credentials, defaultOrganizationId } = input;
  checkClient(settings);
  const secret = newClientSecret();
  const kept = keepSecret(deps, secret);
  checkIdTokenSecret(deps, { settings, ...kept });
  const now = deps.clock.now();
  const client: Client = { id, name, ...kept, settings, createdAt: now, updatedAt: now };
  type Unfinished = { kind: 'duplicate_kid' };
  return transactionWithUndo(deps.db, async (tx, undo: (outcome: Unfinished) => never) => {
    const absent = await holdDefault(tx, defaultOrganizationId);
    if (absent !== null) return absent;
    const outcome = await insertClient(tx, client);
    if (outcome.kind === 'duplicate') throw new Error('The generated client ID exists already.');
    for (const credential of credentials) {
      const added = await insertCredential(tx, credential, credentials.length);
      if (added.kind !== 'inserted') return undo({ kind: 'duplicate_kid' });
    }
    return { kind: 'created' as const, client, secret };
  });
}

/**
 * Changes an application. The merge reads the stored settings, so concurrent changes wait for each other.
 * @param changes.merge returns the new settings for the stored ones
 * @param changes.credentialIds the keys that the application uses from now on
 * @param changes.touchesIdTokens whether the change may remove what signs ID tokens
 * @throws Refusal for settings that contradict each other
 */
export async function changeClient(
  deps: ManageClientsDeps,
  id: string,
  changes: {
    name?: string | undefined;
    secret?: string | undefined;
    merge: (before: ClientSettings) => ClientSettings;
    credentialIds: string[];
    touchesIdTokens: boolean;
    defaultOrganizationId: string | null;
  },
): Promise<
  | { kind: 'changed'; client: Client }
  | { kind: 'missing' }
  | { kind: 'no_credential' }
  | NoOrganization
> {
  const { name, secret, credentialIds } = changes;
  return transaction(deps.db, async (tx) => {
    const absent = await holdDefault(tx, changes.defaultOrganizationId);
    if (absent !== null) return absent;
    const before = await lockClient(tx, id);
    if (before === null) return { kind: 'missing' };
    const missing = await missingCredentials(tx, { clientId: id, ids: credentialIds });
    if (missing.length > 0) return { kind: 'no_credential' };
    const settings = changes.merge(before.settings);
    checkClient(settings);
    const after = {
      settings,
      ...(name !== undefined && { name }),
      ...(secret !== undefined && keepSecret(deps, secret)),
    };
    if (secret !== undefined || changes.touchesIdTokens) {
      checkIdTokenSecret(deps, { ...before, ...after });
    }
    const options = { now: deps.clock.now(), unchangedSince: before.updatedAt };
    const client = await updateClient(tx, id, after, options);
    return client === null ? { kind: 'missing' } : { kind: 'changed', client };
  });
}

/**
 * Gives an application a new secret. The former one stops working at once.
 * @returns `no_secret` if the application signs with keys instead
 * @throws Refusal for a secret that cannot sign the application's ID tokens
 */
export async function rotateClientSecret(
  deps: ManageClientsDeps,
  id: string,
): Promise<
  { kind: 'rotated'; client: Client; secret: string } | { kind: 'missing' } | { kind: 'no_secret' }
> {
  const before = await findClient(deps.db, id);
  if (before?.settings.privateKeyJwt !== undefined) return { kind: 'no_secret' };
  const secret = newClientSecret();
  const now = deps.clock.now();
  const kept = keepSecret(deps, secret);
  if (before !== null) checkIdTokenSecret(deps, { ...before, ...kept });
  const client = await updateClient(deps.db, id, kept, { now });
  return client === null ? { kind: 'missing' } : { kind: 'rotated', client, secret };
}

/**
 * Locks the organization against deletion until the application is written. Call it before the application is locked, in the same order as
 * the deletion of an organization.
 */
async function holdDefault(tx: Db, id: string | null): Promise<NoOrganization | null> {
  return id === null || (await holdOrganization(tx, id)) ? null : { kind: 'no_organization', id };
}
