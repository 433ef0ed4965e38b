import { RESERVED_IDS } from '../../../platform/ids/ids.ts';
import type { Catalog } from '../clients/clients.ts';

/**
 * The API that a login is for when it names none: what the operator has set, as long as there is such an API. The console asks for none:
 * whoever may change the settings doesn't shut administrators out.
 * @param clientId as it came
 */
export async function defaultAudience(catalog: Catalog, clientId: unknown): Promise<string | null> {
  if (clientId === RESERVED_IDS.clientId) return null;
  const audience = (await catalog.tenant(''))?.defaultAudience ?? null;
  if (audience === null) return null;
  return (await catalog.resourceServer(audience))?.identifier === audience ? audience : null;
}
