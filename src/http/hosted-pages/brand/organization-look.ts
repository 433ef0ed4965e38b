import { type Organization, titleOf } from '../../../records/organizations/organizations.ts';
import { brandingOf, type OrganizationBranding } from '../../../steps/choose-look/choose-look.ts';

/** What the pages of a login to an organization show of it, in place of what they show otherwise. */
export type OrganizationLook = OrganizationBranding & {
  id: string;
  name: string;
  /** What people call it. */
  title: string;
  metadata: Record<string, string>;
};

export function organizationLook(organization: Organization): OrganizationLook {
  const { id, name, metadata } = organization;
  return {
    id,
    name,
    title: titleOf(organization),
    metadata: metadata ?? {},
    ...brandingOf(organization),
  };
}
