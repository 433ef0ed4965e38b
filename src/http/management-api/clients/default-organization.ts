import type { Db } from '../../../platform/db/db.ts';
import { holdOrganization } from '../../../records/organizations/organizations.ts';
import { nothingThere } from '../route/route.ts';

/**
 * Keeps the organization that a client is to have its own tokens for from being deleted until the client is written. Comes before the
 * client is locked, as it does where an organization is deleted.
 * @throws ApiError 400 when there is none
 */
export async function holdDefaultOrganization(tx: Db, body: object): Promise<void> {
  const chosen: unknown = 'default_organization' in body ? body.default_organization : null;
  if (typeof chosen !== 'object' || chosen === null || !('organization_id' in chosen)) return;
  const id = String(chosen.organization_id);
  if (await holdOrganization(tx, id)) return;
  throw nothingThere('default_organization.organization_id', `organization with the id ${id}`);
}
