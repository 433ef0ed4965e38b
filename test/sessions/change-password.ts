import { aPassword } from '../harness/factories.ts';
import { made, openTab, type Person, type Tab, type World } from '../harness/world.ts';

/** Returns a link that sets this user's password. */
export async function linkFor(world: World, { userId }: Person): Promise<string> {
  const body = { user_id: userId, mark_email_as_verified: true };
  return (await made(world.server, '/tickets/password-change', body)).ticket;
}

/** An operator sets another password. */
export async function changeByOperator(
  world: World,
  { userId }: Person,
  password = aPassword(),
): Promise<string> {
  const path = `/api/v2/users/${encodeURIComponent(userId)}`;
  const { status, text } = await world.server.api('PATCH', path, { password });
  if (status !== 200) throw new Error(`The password was not changed: ${text}`);
  return password;
}

/** The person sets another password. @returns their browser */
export async function changeByLink(link: string, password = aPassword()): Promise<Tab> {
  const tab = openTab();
  await tab.go(link);
  await tab.prove({ password });
  return tab;
}

/** Logs in to one account many times at once. */
export async function unlimitLogins({ server }: World): Promise<void> {
  for (const [name, settings] of [
    ['brute-force-protection', { max_attempts: 100 }],
    ['suspicious-ip-throttling', { enabled: false }],
  ] as const) {
    const { status, text } = await server.api(
      'PATCH',
      `/api/v2/attack-protection/${name}`,
      settings,
    );
    if (status !== 200) throw new Error(`${name}: ${text}`);
  }
}
