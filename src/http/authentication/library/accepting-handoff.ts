import type { KoaContextWithOIDC } from 'oidc-provider';
import { acceptingCookie } from '../../../flows/log-in/log-in.ts';

/** The handoffs of invitations that requests to /authorize have accepted themselves. */
const accepted = new WeakMap<KoaContextWithOIDC, string>();

/** Records that this request has accepted an invitation. */
export function noteAcceptance(ctx: KoaContextWithOIDC, handoff: string | null): void {
  if (handoff !== null) accepted.set(ctx, handoff);
}

/** Returns the handoff of the acceptance to which this login belongs: made by this request, or by a page in this browser. */
export function acceptingHandoff(ctx: KoaContextWithOIDC, secure: boolean): string | null {
  return accepted.get(ctx) ?? ctx.cookies.get(acceptingCookie(secure)) ?? null;
}
