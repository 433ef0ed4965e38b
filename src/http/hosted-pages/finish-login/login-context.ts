import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type EnabledDatabase,
  enabledDatabases,
  organizationRules,
} from '../../../flows/enter-organization/enter-organization.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { Client } from '../../../records/clients/clients.ts';
import {
  type Connection,
  connectionsOfClient,
  isPasswordless,
} from '../../../records/connections/connections.ts';
import {
  findOrganization,
  type Organization,
} from '../../../records/organizations/organizations.ts';
import { linkedIdentities, type User } from '../../../records/users/users.ts';
import { mayCreateAccount } from '../../../steps/admit-newcomer/admit-newcomer.ts';
import type { Interaction } from '../../seams/seams.ts';
import { type LoginLook, lookOf } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';
import { showNoConnection, showStale } from '../errors/errors.ts';
import { queryText, type Translator } from '../page/page.ts';
import { isProvider } from '../ways-in/ways-in.ts';

/** The data that the pages of a login need: application, connection and language. */
export type LoginContext = {
  interaction: Interaction;
  client: Client;
  /** The connection of this page: of its password or its code. */
  connection: Connection;
  /** All connections of this login: databases first, then those that send codes, then identity providers. */
  connections: Connection[];
  /** `null` if the login is for no organization. */
  organization: Organization | null;
  /** The connections of the organization. Empty without one. */
  organizationConnections: EnabledDatabase[];
  /** Whether users can sign up here, with a password. */
  canSignUp: boolean;
  translator: Translator;
  look: LoginLook;
  /** Addresses of the pages of this login. */
  urls: {
    login: string;
    code: string;
    passkey: string;
    signUp: string;
    forgot: string;
    mailSent: string;
    organization: string;
  };
};

/**
 * Finds the request's login for a page of a login with a password. Returns `null` if there is none or if it is a login with a code. The
 * reply has then been sent.
 * @param known a user who has passed the first factor: the login then uses this user's connection
 */
export async function loginContext(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  known?: User | null,
): Promise<LoginContext | null> {
  const context = await anyLoginContext(deps, request, reply, known);
  if (context === null || known !== undefined) return context;
  const { connection, urls } = context;
  if (connection.strategy === 'auth0') return context;
  const url = isPasswordless(connection) ? urls.code : urls.login;
  reply.redirect(url, request.method === 'GET' ? 302 : 303);
  return null;
}

/**
 * Finds the request's login for a page of a login with a code: with the connection that `connection` in the address names, or the first
 * that sends codes. Otherwise the same as {@link loginContext}.
 */
export async function codeLoginContext(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<LoginContext | null> {
  const context = await anyLoginContext(deps, request, reply);
  if (context === null) return null;
  const name = queryText(request, 'connection');
  const coded = context.connections.filter(isPasswordless);
  const connection = coded.find((candidate) => candidate.name === name) ?? coded[0];
  if (connection !== undefined) {
    const isText = connection.strategy === 'sms';
    const screen = isText ? 'login-passwordless-sms-otp' : 'login-passwordless-email-code';
    return {
      ...context,
      connection,
      urls: { ...context.urls, code: formUrl(context, connection) },
      translator: context.translator.of(screen),
    };
  }
  reply.redirect(context.urls.login, request.method === 'GET' ? 302 : 303);
  return null;
}

/** Returns the address of the page with the form of a connection: for a password, or for a code. */
export function formUrl(
  { interaction, urls }: Pick<LoginContext, 'interaction' | 'urls'>,
  connection: Connection,
): string {
  if (!isPasswordless(connection)) return urls.login;
  const name = encodeURIComponent(connection.name);
  return `${PAGE_PATHS.loginCode}${stateQuery(interaction)}&connection=${name}`;
}

/** Finds the request's login, with a password or a code. Otherwise the same as {@link loginContext}. */
export async function anyLoginContext(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  known?: User | null,
): Promise<LoginContext | null> {
  const open = await unconnectedContext(deps, request, reply, known);
  if (open === null) return null;
  const { connection, organization, client, look, urls } = open;
  if (connection !== null) {
    return {
      ...open,
      connection,
      canSignUp:
        connection.strategy === 'auth0' &&
        (await mayCreateAccount(deps.db, {
          connection,
          clientId: client.id,
          organizationId: organization?.id ?? null,
          provedEmail: null,
          now: deps.clock.now(),
        })),
    };
  }
  // The organization brings its connections.
  if (asksForOrganizationFirst(open)) {
    reply.redirect(urls.organization, request.method === 'GET' ? 302 : 303);
  } else {
    await showNoConnection(deps, request, reply, { clientId: client.id, look });
  }
  return null;
}

/** A login for which no connection may be known yet. */
export type UnconnectedContext = Omit<LoginContext, 'connection' | 'canSignUp'> & {
  connection: Connection | null;
};

/** Finds the request's login, even if its application has no connection. Otherwise the same as {@link loginContext}. */
export async function unconnectedContext(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  known?: User | null,
): Promise<UnconnectedContext | null> {
  const open = await openLogin(deps, request, reply);
  const { interaction = null, client = null, organization = null } = open ?? {};
  const params = interaction?.params ?? {};
  const organizationConnections = organization
    ? await enabledDatabases(deps.db, organization.id)
    : [];
  const own = client && known && !organization ? await storeOf(deps, client, known) : null;
  const connections =
    client === null ? [] : await connectionsFor(deps, client, params, organizationConnections);
  const connection = own ?? connections[0] ?? null;
  if (interaction && client && organization && !connection) {
    await deps.interactions.abort(request, reply, NO_CONNECTION);
    return null;
  }
  if (!interaction && (beginsAgain(deps, request, reply) || sentHome(deps, request, reply))) {
    return null;
  }
  if (!open || !interaction || !client) {
    await showStale(deps, request, reply);
    return null;
  }
  const { look } = open;
  const state = stateQuery(interaction);
  return {
    interaction,
    client,
    connection,
    connections,
    organization,
    organizationConnections,
    translator: deps.pages.translator(request, interaction.params.ui_locales, look),
    look,
    urls: {
      login: `${PAGE_PATHS.login}${state}`,
      code: `${PAGE_PATHS.loginCode}${state}`,
      passkey: `${PAGE_PATHS.passkey}${state}`,
      signUp: `${PAGE_PATHS.signUp}${state}`,
      forgot: `${PAGE_PATHS.resetPasswordRequest}${state}`,
      mailSent: `${PAGE_PATHS.mailSent}${state}`,
      organization: `${PAGE_PATHS.organization}${state}`,
    },
  };
}

/** Returns the request's login and its application, or `null` if there is none. */
export async function openLogin(
  { db, interactions }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Pick<LoginContext, 'interaction' | 'client' | 'organization' | 'look'> | null> {
  const interaction = await interactions.details(request, reply);
  const client = interaction?.client;
  if (!client) return null;
  const wanted = interaction.params.organization;
  const organization = wanted ? await findOrganization(db, wanted) : null;
  return { interaction, client, organization, look: lookOf(client, organization) };
}

/** Returns whether the login asks for the organization first. */
export function asksForOrganizationFirst({
  client,
  interaction,
}: Pick<LoginContext, 'client' | 'interaction'>): boolean {
  const { usage, prompt } = organizationRules(client);
  return !interaction.params.organization && usage === 'require' && prompt === 'pre_login_prompt';
}

/** Returns the query of a login's pages. */
export function stateQuery({ state }: Pick<Interaction, 'state'>): string {
  return `?state=${encodeURIComponent(state)}`;
}

/** Starts the login of an expired page again, so that nobody has to go back to the application. */
function beginsAgain({ interactions }: PageDeps, request: FastifyRequest, reply: FastifyReply) {
  const url = interactions.againUrl(request, reply);
  if (url === null) return false;
  reply.redirect(url, 303);
  return true;
}

/** Redirects a person without a login, such as from a bookmark, to the operator's login address. */
function sentHome({ pages, publicUrl }: PageDeps, request: FastifyRequest, reply: FastifyReply) {
  const home = pages.tenant().defaultRedirectionUri;
  if (home === null || request.method !== 'GET') return false;
  const url = new URL(home);
  // OpenID Connect Core 4, "Initiating Login from a Third Party".
  url.searchParams.set('iss', `${publicUrl}/`);
  reply.redirect(url.href, 302);
  return true;
}

/** Returns the user's connection if the application can use it. */
async function storeOf({ db }: PageDeps, client: Client, user: User): Promise<Connection | null> {
  const linked = (await linkedIdentities(db, [user.id])).get(user.id) ?? [];
  const theirs = [user.connectionId, ...linked.map((each) => each.connectionId)];
  const usable = await connectionsOfClient(db, client.id);
  return usable.find((connection) => theirs.includes(connection.id)) ?? null;
}

async function connectionsFor(
  { db }: PageDeps,
  client: Client,
  params: Interaction['params'],
  organizationConnections: EnabledDatabase[],
): Promise<Connection[]> {
  const name = params.connection;
  const enabled = params.organization
    ? organizationConnections.map(({ connection }) => connection)
    : await connectionsOfClient(db, client.id);
  const databases = enabled.filter(({ strategy }) => strategy === 'auth0');
  // Databases come first: the login asks for a password unless the application asks for a code.
  const usable = [...databases, ...enabled.filter(isPasswordless), ...enabled.filter(isProvider)];
  return name === undefined ? usable : usable.filter((connection) => connection.name === name);
}

const NO_CONNECTION = {
  error: 'invalid_request',
  description: 'no connections enabled for the organization',
} as const satisfies Parameters<PageDeps['interactions']['abort']>[2];
