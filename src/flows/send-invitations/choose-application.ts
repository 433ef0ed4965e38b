import type { Db } from '../../platform/db/db.ts';
import { type Client, clientsToSignInTo, findClient } from '../../records/clients/clients.ts';
import { isConnectionEnabledFor } from '../../records/connections/connections.ts';
import type { InvitationWarning } from './invitation-warnings.ts';

export type ApplicationChoice =
  | { kind: 'chosen'; clientId: string | null; warnings: InvitationWarning[] }
  | { kind: 'unknown' }
  /** The request names no application, and several come into question. */
  | { kind: 'several'; clients: Client[] };

const NO_APPLICATION: InvitationWarning = {
  code: 'no_application',
  message:
    'The request names no application, so people end at a page that says "You can now log in", without a link. Set client_id or result_url.',
};

/**
 * Chooses the application that people are invited to: the requested one, or else the only one that may use the connection.
 * @param input.asked `null` if the request asks for no application; `undefined` if it does not say
 * @param input.leadsElsewhere whether the plan has its own URL for the time after the acceptance
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
    message: `The application ${name} (${id}) may not use this connection. Nobody can accept until you enable it.`,
  };
}
