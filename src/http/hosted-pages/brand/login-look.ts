import { RESERVED_IDS } from '../../../platform/ids/ids.ts';
import type { Client } from '../../../records/clients/clients.ts';
import type { Organization } from '../../../records/organizations/organizations.ts';
import { type OrganizationLook, organizationLook } from './organization-look.ts';

/** The look of a login: its application and organization. */
export type LoginLook = {
  appName: string;
  logoUrl: string | null;
  organization: OrganizationLook | null;
  /** Whether this is the login of the console. */
  isOurs: boolean;
};

/** Returns the look for an application and an organization. */
export function lookOf(client: Client, organization: Organization | null = null): LoginLook {
  return {
    appName: client.name,
    logoUrl: client.settings.logoUri ?? null,
    isOurs: client.id === RESERVED_IDS.clientId,
    organization: organization && organizationLook(organization),
  };
}
