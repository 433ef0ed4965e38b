import type { Json } from '../../outbound/scripts/scripts.ts';
import type { Db } from '../../platform/db/db.ts';
import { handle, type Registration } from '../../platform/tasks/tasks.ts';
import { findClient } from '../../records/clients/clients.ts';
import { findConnection } from '../../records/connections/connections.ts';
import { findAccount } from '../../records/users/users.ts';
import {
  type Actions,
  eventClient,
  eventConnection,
  eventTenant,
  eventUser,
  withoutNulls,
} from '../../steps/run-actions/run-actions.ts';
import { type AsyncRun, runAsyncActionsTask } from './run-async-actions.task.ts';

export type AsyncActionsDeps = { db: Db; actions: Actions; publicUrl: string };

/** Returns the background work of this flow. */
export function runAsyncActionsHandlers(deps: AsyncActionsDeps): Registration[] {
  return [handle(runAsyncActionsTask, (about) => runAsyncActions(deps, about))];
}

/** Runs the hook and the actions of a trigger. Failures are in the tenant log; nothing else depends on the result. */
async function runAsyncActions(
  { db, actions, publicUrl }: AsyncActionsDeps,
  about: AsyncRun,
): Promise<void> {
  const { trigger, accountId, clientId, ip, userAgent } = about;
  const { hook } = await actions.programsOf(trigger);
  const account = await findAccount(db, accountId);
  const connection = account && (await findConnection(db, account.connectionId));
  if (!account || !connection) return;
  const client = clientId === null ? null : await findClient(db, clientId);
  const whom = { userId: account.id, clientId, connectionId: connection.id, ip };
  const user = eventUser(account);
  if (hook !== null) {
    await actions.runHook({ hook, args: hookArguments(account, connection.name), about: whom });
  }
  await actions.run({
    trigger,
    event: withoutNulls({
      client: client && eventClient(client),
      connection: eventConnection(connection),
      request: withoutNulls({ ip, user_agent: userAgent }),
      tenant: eventTenant(publicUrl),
      transaction: {},
      user,
    }),
    about: whom,
  });
}

type Account = NonNullable<Awaited<ReturnType<typeof findAccount>>>;

function hookArguments(account: Account, connection: string): Json[] {
  const user = {
    id: account.id,
    username: account.username,
    email: account.email,
    emailVerified: account.emailVerified,
    phoneNumber: account.phoneNumber,
    last_password_reset: account.lastPasswordReset,
    app_metadata: account.appMetadata ?? {},
    user_metadata: account.userMetadata ?? {},
  };
  return [withoutNulls(user), { connection: { name: connection } }];
}
