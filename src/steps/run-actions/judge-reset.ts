import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { currentRequest } from '../../platform/request-context/request-context.ts';
import type { Client } from '../../records/clients/clients.ts';
import type { Connection } from '../../records/connections/connections.ts';
import { roleNamesOfUser } from '../../records/roles/roles.ts';
import type { User } from '../../records/users/users.ts';
import type { Actions } from './actions-type.ts';
import {
  eventClient,
  eventConnection,
  eventRequest,
  eventTenant,
  eventUser,
  withoutNulls,
} from './event-parts.ts';

export type JudgedReset =
  /** `resultUrl`: where the person goes afterwards, if a script says so. */
  { kind: 'allowed'; resultUrl: string | null } | { kind: 'denied'; message: string };

const FAILED = 'The password was not changed because an action of this server failed.';

/** Asks the actions of `password-reset-post-challenge` before a link sets a password. Call it with no transaction open. */
export async function judgeReset(
  { db, clock, actions, publicUrl }: { db: Db; clock: Clock; actions: Actions; publicUrl: string },
  { user, connection, client }: { user: User; connection: Connection; client: Client | null },
): Promise<JudgedReset> {
  const programs = await actions.programsOf('password-reset-post-challenge');
  if (programs.actions.length === 0) return { kind: 'allowed', resultUrl: null };
  const roles = await roleNamesOfUser(db, { userId: user.id, organizationId: null });
  const run = await actions.run({
    trigger: 'password-reset-post-challenge',
    event: withoutNulls({
      authentication: { methods: [{ name: 'email', timestamp: clock.now().toISOString() }] },
      authorization: { roles },
      client: client && eventClient(client),
      connection: eventConnection(connection),
      request: eventRequest({ method: 'POST' }),
      stats: { logins_count: user.loginsCount },
      tenant: eventTenant(publicUrl),
      transaction: {},
      user: eventUser(user),
    }),
    about: {
      userId: user.id,
      userName: user.email,
      clientId: client?.id ?? null,
      connectionId: connection.id,
      ip: currentRequest()?.ip ?? null,
    },
  });
  if (run.kind === 'failed' || run.kind === 'suspended') return { kind: 'denied', message: FAILED };
  if (run.kind === 'stopped') {
    const reason = run.commands.findLast(({ name }) => name === 'access.deny')?.args[0];
    return { kind: 'denied', message: String(reason ?? FAILED).slice(0, 500) };
  }
  const commands = run.kind === 'ended' ? run.commands : [];
  const [url, query] =
    commands.findLast(({ name }) => name === 'transaction.setResultUrl')?.args ?? [];
  if (typeof url !== 'string') return { kind: 'allowed', resultUrl: null };
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    return { kind: 'denied', message: FAILED };
  }
  const target = new URL(url);
  for (const [name, value] of Object.entries(query ?? {}))
    target.searchParams.set(name, String(value));
  return { kind: 'allowed', resultUrl: target.href };
}
