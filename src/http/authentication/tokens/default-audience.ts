import { RESERVED_IDS } from '../../../platform/ids/ids.ts';
import type { Catalog } from '../clients/clients.ts';

/**
 * Returns the API of a login that names none: the tenant's default audience, if that API exists. The console uses none, so that a change
 * of the settings cannot lock out administrators.
 * @param clientId the unchecked parameter
 */
export async function defaultAudience(catalog: Catalog, clientId: unknown): Promise<string | null> {
  if (clientId === RESERVED_IDS.clientId) return null;
  const audience = (await catalog.tenant(''))?.defaultAudience ?? null;
  if (audience === null) return null;
  return (await catalog.resourceServer(audience))?.identifier === audience ? audience : null;
}
