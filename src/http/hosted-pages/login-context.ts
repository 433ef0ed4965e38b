import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Client, findClient } from '../../records/clients/clients.ts';
import { type Connection, connectionsOfClient } from '../../records/connections/connections.ts';
import type { Interaction, PageDeps } from './deps.ts';
import { showStale } from './error-pages.ts';
import type { Speech } from './render.ts';

/** What the pages of a login need: who asks, for which user store, in which language. */
export type LoginContext = {
  interaction: Interaction;
  client: Client;
  connection: Connection;
  speech: Speech;
  look: { appName: string; logoUrl: string | null };
  /** Addresses of the pages of this login. */
  urls: { login: string; signUp: string; forgot: string; mailSent: string };
};

/** Finds the login this request belongs to. null: there is none, and the reply has been sent. */
export async function loginContext(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<LoginContext | null> {
  const interaction = await deps.interactions.details(request, reply);
  const client = interaction && (await findClient(deps.db, interaction.clientId));
  const connection = client && (await connectionFor(deps, client, interaction.params.connection));
  if (!interaction || !client || !connection) {
    await showStale(deps, request, reply);
    return null;
  }
  const state = `?state=${encodeURIComponent(interaction.uid)}`;
  return {
    interaction,
    client,
    connection,
    speech: deps.pages.speech(request, interaction.params.ui_locales),
    look: lookOf(client),
    urls: {
      login: `/u/login${state}`,
      signUp: `/u/signup${state}`,
      forgot: `/u/reset-password/request${state}`,
      mailSent: `/u/mail-sent${state}`,
    },
  };
}

/** How a page shows which application it is for. */
export function lookOf(client: Client): { appName: string; logoUrl: string | null } {
  return { appName: client.name, logoUrl: client.settings.logoUri ?? null };
}

async function connectionFor(
  { db }: PageDeps,
  client: Client,
  name: string | undefined,
): Promise<Connection | null> {
  const enabled = await connectionsOfClient(db, client.id);
  const usable = enabled.filter(({ strategy }) => strategy === 'auth0');
  return (name === undefined ? usable[0] : usable.find((one) => one.name === name)) ?? null;
}
