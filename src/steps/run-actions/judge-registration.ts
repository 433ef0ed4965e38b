import type { Json } from '../../outbound/scripts/scripts.ts';
import type { Db } from '../../platform/db/db.ts';
import { currentRequest } from '../../platform/request-context/request-context.ts';
import { findClient } from '../../records/clients/clients.ts';
import type { Connection } from '../../records/connections/connections.ts';
import { reservedKeyOf } from '../../records/metadata/metadata.ts';
import type { Actions } from './actions-type.ts';
import {
  eventClient,
  eventConnection,
  eventRequest,
  eventTenant,
  eventUser,
  type JsonObject,
  type Profile,
  withoutNulls,
} from './event-parts.ts';
import type { Command, PipelineOutcome } from './pipeline.ts';

type Metadata = Record<string, unknown> | null;

export type JudgedRegistration =
  /** The account may be made, with this metadata. */
  | { kind: 'allowed'; appMetadata: Metadata; userMetadata: Metadata }
  /** A script refuses it, or has failed. `message` is for the person. */
  | { kind: 'denied'; message: string };

/** Shown to the person instead of what a failed script says, which may be secret. */
const FAILED = 'The account was not created because an action of this server failed.';

/** Asks the hook and the actions of `pre-user-registration` before a person gets an account. Call it with no transaction open. */
export async function judgeRegistration(
  { db, actions, publicUrl }: { db: Db; actions: Actions; publicUrl: string },
  about: { connection: Connection; clientId: string | null; profile: Profile },
): Promise<JudgedRegistration> {
  const { connection, clientId } = about;
  let { appMetadata = null, userMetadata = null } = about.profile;
  const programs = await actions.programsOf('pre-user-registration');
  const allowed = () => ({ kind: 'allowed' as const, appMetadata, userMetadata });
  if (programs.hook === null && programs.actions.length === 0) return allowed();
  const client = clientId === null ? null : await findClient(db, clientId);
  const whom = {
    userName: about.profile.email ?? about.profile.username ?? null,
    clientId,
    connectionId: connection.id,
    ip: currentRequest()?.ip ?? null,
  };
  if (programs.hook !== null) {
    const args = hookArguments(about.profile, connection);
    const run = await actions.runHook({ hook: programs.hook, args, about: whom });
    if (run.kind === 'refused') return denied(run.userMessage ?? run.reason);
    if (run.kind === 'failed') return denied(FAILED);
    const user = objectOf(objectOf(run.value).user);
    appMetadata = { ...appMetadata, ...objectOf(user.app_metadata) };
    userMetadata = { ...userMetadata, ...objectOf(user.user_metadata) };
  }
  const run = await actions.run({
    trigger: 'pre-user-registration',
    event: withoutNulls({
      client: client && eventClient(client),
      connection: eventConnection(connection),
      request: eventRequest({ method: 'POST' }),
      tenant: eventTenant(publicUrl),
      transaction: {},
      user: eventUser({ ...about.profile, appMetadata, userMetadata }),
    }),
    about: whom,
  });
  if (run.kind === 'failed') return denied(FAILED);
  if (run.kind === 'stopped') return denied(messageOf(run));
  for (const { name, args } of 'commands' in run ? run.commands : []) {
    const [key, value = null] = args;
    if (name === 'user.setAppMetadata') appMetadata = changed(appMetadata, String(key), value);
    if (name === 'user.setUserMetadata') userMetadata = changed(userMetadata, String(key), value);
  }
  const isReserved = reservedKeyOf(appMetadata) !== undefined;
  const text = JSON.stringify([appMetadata, userMetadata]);
  return isReserved || /\\u0000|\\ud[89a-f]/i.test(text) ? denied(FAILED) : allowed();
}

function messageOf({ commands }: PipelineOutcome & { kind: 'stopped' }): string {
  const isRefusal = ({ name }: Command) => name === 'access.deny' || name === 'validation.error';
  return String(commands.findLast(isRefusal)?.args[1] ?? FAILED).slice(0, 500);
}

function changed(before: Metadata, key: string, value: Json): Metadata {
  const { [key]: _, ...others } = before ?? {};
  return value === null ? others : { ...others, [key]: value };
}

function hookArguments(profile: Profile, connection: Connection): Json[] {
  const user = withoutNulls({
    username: profile.username,
    email: profile.email,
    emailVerified: profile.emailVerified ?? false,
    phoneNumber: profile.phoneNumber,
    phoneNumberVerified: profile.phoneVerified ?? false,
    app_metadata: profile.appMetadata ?? {},
    user_metadata: profile.userMetadata ?? {},
  });
  const request = eventRequest({ method: 'POST' });
  return [user, { request, connection: eventConnection(connection) }];
}

function denied(message: string): JudgedRegistration {
  return { kind: 'denied', message };
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
