import { type ApiError, nothingThere } from '../route/route.ts';

/** ID of the default organization in a body, or null. */
export function chosenOrganization(body: object): string | null {
  const chosen: unknown = 'default_organization' in body ? body.default_organization : null;
  if (typeof chosen !== 'object' || chosen === null || !('organization_id' in chosen)) return null;
  return String(chosen.organization_id);
}

/** The response if the default organization does not exist. */
export function noDefaultOrganization(id: string): ApiError {
  return nothingThere('default_organization.organization_id', `organization with the id ${id}`);
}
