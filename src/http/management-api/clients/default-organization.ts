import { type ApiError, nothingThere } from '../route/route.ts';

/** The organization that a body chooses for a client's own tokens, or null. */
export function chosenOrganization(body: object): string | null {
  const chosen: unknown = 'default_organization' in body ? body.default_organization : null;
  if (typeof chosen !== 'object' || chosen === null || !('organization_id' in chosen)) return null;
  return String(chosen.organization_id);
}

/** The answer where it does not exist. */
export function noDefaultOrganization(id: string): ApiError {
  return nothingThere('default_organization.organization_id', `organization with the id ${id}`);
}
