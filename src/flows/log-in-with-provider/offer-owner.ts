import { keptIdentity, type ProvidedIdentity } from '../../outbound/social/social.ts';
import { offerAccount } from '../../records/provider-logins/provider-logins.ts';
import type { User } from '../../records/users/users.ts';
import type { ProviderLoginDeps } from './deps.ts';

/** Lets a proved identity wait for the proof of the account that has its address. */
export async function offerOwner(
  { db, clock, keys }: Pick<ProviderLoginDeps, 'db' | 'clock' | 'keys'>,
  { id, account, identity }: { id: string; account: User; identity: ProvidedIdentity },
): Promise<void> {
  const kept = keptIdentity(identity);
  const offer = { id, accountId: account.id, identity: kept, now: clock.now() };
  await offerAccount(db, keys.encryption, offer);
}
