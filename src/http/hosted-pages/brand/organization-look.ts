import { type Organization, titleOf } from '../../../records/organizations/organizations.ts';
import { brandingOf, type OrganizationBranding } from '../../../steps/choose-look/choose-look.ts';

/** An organization's look, which replaces the usual one on the pages of its logins. */
export type OrganizationLook = OrganizationBranding & {
  id: string;
  name: string;
  /** The display name. */
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
