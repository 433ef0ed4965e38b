import type { Db } from '../../platform/db/db.ts';
import { type Client, clientsToSignInTo, findClient } from '../../records/clients/clients.ts';
import { isConnectionEnabledFor } from '../../records/connections/connections.ts';

/** What whoever invites should know before people get mail. */
export type InvitationWarning = { code: string; message: string };

export type ApplicationChoice =
  | { kind: 'chosen'; clientId: string | null; warnings: InvitationWarning[] }
  | { kind: 'unknown' }
  /** Nobody said which of these. */
  | { kind: 'several'; clients: Client[] };

const NO_APPLICATION = {
  code: 'no_application',
  message:
    'No application is named, so people end at a page that says "You can now log in", without a link. Give client_id or result_url.',
};

/**
 * The application that people are invited to: the one that was asked for; where none was, the only one that the user store serves.
 * @param input.asked null: expressly none; undefined: nothing was said
 * @param input.leadsElsewhere whether people go to an address of the plan's own afterwards
 */
export async function chooseApplication(
  db: Db,
  input: { asked: string | null | undefined; connectionId: string; leadsElsewhere: boolean },
): Promise<ApplicationChoice> {
  const { asked, connectionId, leadsElsewhere } = input;
  const none: ApplicationChoice = { kind: 'chosen', clientId: null, warnings: [] };
  if (asked === null) return none;
  if (asked === undefined) {
    const clients = await clientsToSignInTo(db, { connectionId, limit: 10 });
    const [only] = clients;
    if (only === undefined) return leadsElsewhere ? none : { ...none, warnings: [NO_APPLICATION] };
    if (clients.length === 1) return { kind: 'chosen', clientId: only.id, warnings: [] };
    return leadsElsewhere ? none : { kind: 'several', clients };
  }
  const client = await findClient(db, asked);
  if (client === null) return { kind: 'unknown' };
  const isServed = await isConnectionEnabledFor(db, { connectionId, clientId: asked });
  const warnings = isServed ? [] : [notServed(client)];
  return { kind: 'chosen', clientId: asked, warnings };
}

function notServed({ name, id }: Client): InvitationWarning {
  return {
    code: 'application_not_enabled',
    message: `The application ${name} (${id}) may not use this connection. Nobody can accept until it may.`,
  };
}
