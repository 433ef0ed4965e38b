import type Provider from 'oidc-provider';
import type { Db } from '../../../platform/db/db.ts';
import type { Client } from '../../../records/clients/clients.ts';
import { roleNamesOfUser } from '../../../records/roles/roles.ts';

/**
 * Returns the claim with the names of a user's roles, under the name that an API or application has set.
 * @param name `roles_claim` of the API or application; without one, there is no claim
 * @param whose `organizationId` is the login's organization, whose roles are included
 */
export async function rolesClaim(
  db: Db,
  name: unknown,
  whose: { userId: string; organizationId: string | null },
): Promise<Record<string, string[]>> {
  if (typeof name !== 'string') return {};
  return { [name]: await roleNamesOfUser(db, whose) };
}

/** Returns an application's name of the roles claim, or undefined. */
export function rolesClaimOf(client: Client | null | undefined): unknown {
  return client?.settings.extra.roles_claim;
}

const UNSCOPED = Symbol('claims that no scope stands for');

/** Returns the part of an account with claims for ID tokens that need no scope. See {@link addUnscopedClaims}. */
export function unscopedClaims(claims: Record<string, unknown>): Record<symbol, unknown> {
  return { [UNSCOPED]: claims };
}

/** Adds the claims of {@link unscopedClaims} to ID tokens. The library omits claims whose names are not in its configuration. */
export function addUnscopedClaims(provider: Provider): void {
  // The library's types omit these members.
  const tokens = provider.IdToken.prototype as unknown as {
    available: Record<symbol, object | undefined>;
    payload(): Promise<object>;
  };
  const ofScopes = tokens.payload;
  tokens.payload = async function payload() {
    return { ...this.available[UNSCOPED], ...(await ofScopes.call(this)) };
  };
}
