import { titleOf } from '../../flows/enter-organization/enter-organization.ts';
import type { Organization } from '../../records/organizations/organizations.ts';

/** What the pages of a login to an organization show of it, in place of what they show otherwise. */
export type OrganizationLook = {
  id: string;
  name: string;
  /** What people call it. */
  title: string;
  metadata: Record<string, string>;
  logoUrl: string | null;
  /** As the wire writes colours. */
  primary: string | null;
  pageBackground: string | null;
};

export function organizationLook(organization: Organization): OrganizationLook {
  const { id, name, branding, metadata } = organization;
  const colors = branding?.colors;
  return {
    id,
    name,
    title: titleOf(organization),
    metadata: metadata ?? {},
    logoUrl: textOf(branding, 'logo_url'),
    primary: textOf(colors, 'primary'),
    pageBackground: textOf(colors, 'page_background'),
  };
}

function textOf(value: unknown, name: string): string | null {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null;
  const found: unknown = Reflect.get(value, name);
  return typeof found === 'string' && found !== '' ? found : null;
}
