import { sql } from 'kysely';
import { passwordlessDigits } from '../../src/records/passwordless-codes/passwordless-codes.ts';
import { aProvider, openBrowser } from '../harness/providers/person.ts';
import { startSmallProvider } from '../harness/providers/small-provider.ts';
import { made, type World } from '../harness/world.ts';
import { newAuthenticator } from '../passkeys/authenticator.ts';
import { aFlowPage, type FlowPage, GOOD } from './flow-page.ts';
import { NEAR, PASSKEYS } from './passkey-owner.ts';
import { BACK } from './provider-scene.ts';

/** The ways to log in that a flow takes. */
export const FLOW_WAYS = ['password', 'passkey', 'connection', 'code', 'existing'] as const;
export type FlowWay = (typeof FLOW_WAYS)[number];

export type SceneOfAllWays = Awaited<ReturnType<typeof aSceneOfAllWays>>;

/** An application with a page at {@link NEAR}, which takes every way. People who have an account have {@link GOOD} as their password. */
export async function aSceneOfAllWays(world: World) {
  const provider = await startSmallProvider();
  const connection = await world.aConnection(PASSKEYS);
  const client = await world.aClient(connection, { settings: { webOrigins: [NEAR] } });
  await aProvider(world, { name: 'acme-id', options: provider.options, clientIds: [client.id] });
  const mailed = { name: 'email', strategy: 'email', enabled_clients: [client.id] };
  await made(world.server, '/connections', mailed);
  let serial = 0;

  /** Logs in at the provider. Returns what the browser brings back, if it comes back. */
  async function atProvider(page: FlowPage, email: string): Promise<string | null> {
    provider.logsIn({ sub: `person-${++serial}`, email, email_verified: true });
    const left = await page.send('connection', { connection: 'acme-id', return_url: BACK });
    if (left.status !== 200) return null;
    const { back } = await openBrowser().go(left.body.redirect_to);
    return back?.href.split('flow_login=')[1] ?? null;
  }

  /** Returns the code that was mailed to an address last. It is computed, because a crash may keep its mail from being sent. */
  async function codeTo(email: string): Promise<string> {
    const { rows } = await sql<{ id: string }>`
      select id from passwordless_codes where recipient = ${email} order by created_at desc limit 1`.execute(
      world.db,
    );
    return passwordlessDigits(world.keys.ticket, rows[0]?.id ?? '', 6);
  }

  return {
    client,
    page: () => aFlowPage(world, client, NEAR),
    user: (isKnown: boolean) =>
      world.aUser(connection, isKnown ? { emailVerified: true, password: GOOD } : {}),
    /** Goes a way as far as the page takes it now. */
    async show(page: FlowPage, way: FlowWay, email: string): Promise<void> {
      switch (way) {
        case 'password':
        case 'existing':
          await page.send(way, { password: GOOD });
          return;
        case 'passkey': {
          const options = (await page.send('passkey', {})).body.passkey;
          if (!options?.user) return;
          const credential = JSON.parse(newAuthenticator(NEAR).register(options));
          await page.send('passkey/verify', { credential });
          return;
        }
        case 'connection': {
          const flow_login = await atProvider(page, email);
          if (flow_login !== null) await page.send('connection/finish', { flow_login });
          return;
        }
        case 'code':
          await page.send('code', {});
          await page.send('code/verify', { code: await codeTo(email) });
      }
    },
  };
}
