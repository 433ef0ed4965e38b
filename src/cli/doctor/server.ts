import { type Access, type Api, requestToken } from '../api.ts';
import { Failure } from '../failure.ts';
import { counted } from '../words.ts';
import type { Finding } from './finding.ts';

type Application = {
  client_id: string;
  name: string;
  app_type?: string;
  callbacks?: string[] | null;
  organization_usage?: string | null;
};
type Connection = { id: string; name: string; enabled_clients?: string[]; strategy: string };

const PER_PAGE = 100;
const MOST_PAGES = 20;
const NAMED = 5;

/** Checks over the API whether mails wait and whether users can log in to each application. */
export async function checkServer(access: Access, api: Api): Promise<Finding[]> {
  const what = 'API client';
  if (
    access.token === undefined &&
    (access.clientId === undefined || access.clientSecret === undefined)
  ) {
    return [
      {
        what,
        state: 'skipped',
        found:
          'USHER_CLIENT_ID and USHER_CLIENT_SECRET are not set, so emails and applications are not checked',
      },
    ];
  }
  try {
    if (access.token === undefined) await requestToken(access, {});
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [
      { what, state: 'bad', found: error.message, ...(error.hint && { advice: error.hint }) },
    ];
  }
  const name = access.token === undefined ? String(access.clientId) : 'USHER_TOKEN';
  return [
    { what, state: 'good', found: `${name} has access` },
    await asked('Outbox', () => checkOutbox(api)),
    ...(await askedForAll('Applications', () => checkApplications(api))),
  ];
}

async function checkOutbox(api: Api): Promise<Finding> {
  const what = 'Outbox';
  const { queued, failed, held } = await api.get<{
    queued: number;
    failed: number;
    held: { mails: number; problem: string; since: string } | null;
  }>('/api/v2/emails/outbox');
  if (held !== null) {
    return {
      what,
      state: 'bad',
      found: `${counted(held.mails, 'email has waited', 'emails have waited')} since ${held.since.slice(0, 16)}Z: ${held.problem}`,
      advice: 'Correct the mail server, its account or the sender. Usher then sends the emails.',
    };
  }
  return failed > 0
    ? {
        what,
        state: 'warning',
        found: `${counted(failed, 'email')} could not be delivered, ${queued} waiting`,
        advice:
          '`usher invitations list --state pending` shows the invitations that have not arrived.',
      }
    : {
        what,
        state: 'good',
        found: queued === 0 ? 'no email is waiting' : `${counted(queued, 'email')} waiting`,
      };
}

async function checkApplications(api: Api): Promise<Finding[]> {
  const [applications, connections] = await Promise.all([
    all<Application>(
      api,
      '/api/v2/clients?fields=client_id,name,app_type,callbacks,organization_usage&include_fields=true&is_global=false',
    ),
    all<Connection>(api, '/api/v2/connections?fields=id,name,enabled_clients,strategy'),
  ]);
  const usable = new Set(connections.flatMap((connection) => connection.enabled_clients ?? []));
  // Only applications with a callback have a login. Organizations can bring their own connections.
  const withLogin = applications.filter(
    (application) =>
      application.app_type !== 'non_interactive' && (application.callbacks ?? []).length > 0,
  );
  const without = withLogin.filter(
    (application) =>
      !['allow', 'require'].includes(application.organization_usage ?? '') &&
      !usable.has(application.client_id),
  );
  const unused = connections.filter(
    (connection) => (connection.enabled_clients ?? []).length === 0,
  );
  return [
    without.length === 0
      ? { what: 'Applications', state: 'good', found: 'all have an enabled connection' }
      : {
          what: 'Applications',
          state: 'bad',
          found: `users cannot log in to ${listed(without.map((application) => `${application.name} (${application.client_id})`))}: no connection is enabled`,
          advice: `Enable a connection: ${enabling(api, connections, without)}`,
        },
    unused.length === 0
      ? { what: 'Connections', state: 'good', found: 'an application uses each of them' }
      : {
          what: 'Connections',
          state: 'warning',
          found: `no application uses ${listed(unused.map((connection) => `${connection.name} (${connection.id})`))}`,
          advice: `Users cannot log in with it. Enable it for an application: ${enabling(api, unused, withLogin)}`,
        },
  ];
}

/** Returns the command that enables a connection for an application. If there are several, the reader fills in the IDs. */
function enabling(api: Api, connections: Connection[], applications: Application[]): string {
  const only = <T>(list: T[], name: (t: T) => string, or: string) =>
    list.length === 1 && list[0] !== undefined ? name(list[0]) : or;
  const connection = only(connections, ({ id }) => id, 'CONNECTION_ID');
  const client = only(applications, ({ client_id: id }) => id, 'CLIENT_ID');
  const body = JSON.stringify([{ client_id: client, status: true }]);
  return (
    `curl -X PATCH ${api.url}/api/v2/connections/${connection}/clients -H "Authorization: Bearer $(usher token)" ` +
    `-H 'Content-Type: application/json' -d '${body}'`
  );
}

/** Returns every item of a paged list, up to {@link MOST_PAGES} pages. */
async function all<T>(api: Api, path: string): Promise<T[]> {
  const items: T[] = [];
  for (let page = 0; page < MOST_PAGES; page++) {
    const some = await api.get<T[]>(`${path}&per_page=${PER_PAGE}&page=${page}`);
    items.push(...some);
    if (some.length < PER_PAGE) break;
  }
  return items;
}

function listed(names: string[]): string {
  const shown = names.slice(0, NAMED).join(', ');
  return names.length > NAMED ? `${shown} and ${names.length - NAMED} more` : shown;
}

async function asked(what: string, look: () => Promise<Finding>): Promise<Finding> {
  const [finding] = await askedForAll(what, async () => [await look()]);
  return finding ?? { what, state: 'skipped', found: 'nothing' };
}

/** Runs checks. A client without the scope skips them, because that is no problem of the server. */
async function askedForAll(what: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [{ what, state: 'skipped', found: `cannot be checked: ${error.message}` }];
  }
}
