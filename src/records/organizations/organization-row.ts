import type { ColumnType, Generated, Selectable } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

type Json = ColumnType<unknown, string | null, string | null>;

export type OrganizationTables = {
  organizations: {
    id: string;
    name: string;
    display_name: string | null;
    branding: Json;
    metadata: Json;
    token_quota: Json;
    deleted_at: Date | null;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  organization_members: { organization_id: string; user_id: string; created_at: Generated<Date> };
  organization_connections: {
    organization_id: string;
    connection_id: string;
    assign_membership_on_login: boolean;
    show_as_button: boolean;
    is_signup_enabled: boolean;
    created_at: Generated<Date>;
  };
};

export const on = (db: Db) => db.withTables<OrganizationTables>();

/** A group of users who log in under one organization name. */
export type Organization = {
  id: string;
  /** Lower case. */
  name: string;
  displayName: string | null;
  /** The API's object: logo and colors. */
  branding: Record<string, unknown> | null;
  metadata: Record<string, string> | null;
  /** Stored unchanged. */
  tokenQuota: Record<string, unknown> | null;
  createdAt: Date;
};

export function toOrganization(row: Selectable<OrganizationTables['organizations']>): Organization {
  return {
    id: row.id,
    name: row.name,
    displayName: row.display_name,
    branding: row.branding as Organization['branding'],
    metadata: row.metadata as Organization['metadata'],
    tokenQuota: row.token_quota as Organization['tokenQuota'],
    createdAt: row.created_at,
  };
}
