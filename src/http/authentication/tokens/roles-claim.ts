import type Provider from 'oidc-provider';
import type { Db } from '../../../platform/db/db.ts';
import type { Client } from '../../../records/clients/clients.ts';
import { roleNamesOfUser } from '../../../records/roles/roles.ts';

/**
 * The claim with the names of a user's roles, called as an API or application wants it.
 * @param name `roles_claim` of the API or application; the claim is left out where it has none
 * @param whose `organizationId` is of the organization the login was for: the roles there count too
 */
export async function rolesClaim(
  db: Db,
  name: unknown,
  whose: { userId: string; organizationId: string | null },
): Promise<Record<string, string[]>> {
  if (typeof name !== 'string') return {};
  return { [name]: await roleNamesOfUser(db, whose) };
}

/** What an application wants its claim with roles to be called; undefined: it wants none. */
export function rolesClaimOf(client: Client | null | undefined): unknown {
  return client?.settings.extra.roles_claim;
}

const BESIDES = Symbol('claims that no scope stands for');

/** Of an account, what its ID tokens say whatever the scopes are. See {@link sayBesides}. */
export function besides(claims: Record<string, unknown>): Record<symbol, unknown> {
  return { [BESIDES]: claims };
}

/** The library's ID tokens leave out every claim whose name it was not told at its start: this adds what {@link besides} holds. */
export function sayBesides(provider: Provider): void {
  // The library's types don't say what its tokens are made of.
  const tokens = provider.IdToken.prototype as unknown as {
    available: Record<symbol, object | undefined>;
    payload(): Promise<object>;
  };
  const ofScopes = tokens.payload;
  tokens.payload = async function payload() {
    return { ...this.available[BESIDES], ...(await ofScopes.call(this)) };
  };
}
