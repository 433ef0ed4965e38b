import type { Config } from '../../../src/config/config.ts';
import {
  type Connection,
  findConnectionByName,
} from '../../../src/records/connections/connections.ts';
import { type ApiClient, made, openWorld, type World } from '../world.ts';
import { aProvider } from './person.ts';
import { type SmallProvider, startSmallProvider } from './small-provider.ts';

/** A world with an application whose people can log in at an OpenID provider. */
export type ProviderWorld = World & {
  client: ApiClient;
  provider: SmallProvider;
  /** The connection to the provider. Its name is `acme-id`. */
  acme: Connection;
};

/** @param options of the connection, such as the domains for whose addresses the provider vouches */
export async function openProviderWorld(
  options: Record<string, unknown> = {},
  settings: Partial<Config> = {},
): Promise<ProviderWorld> {
  const provider = await startSmallProvider();
  const world = await openWorld(settings);
  const client = await world.registerClient();
  const acme = await aProvider(world, {
    name: 'acme-id',
    options: { ...provider.options, ...options },
    clientIds: [client.id],
  });
  return { ...world, client, provider, acme };
}

/** Makes a connection to Google for an application, where nobody logs in: identities come from `aProvidedPerson`. */
export async function aConnectionToGoogle(
  { server, db }: Pick<World, 'server' | 'db'>,
  clientId: string,
): Promise<Connection> {
  const name = 'google';
  await made(server, '/connections', {
    name,
    strategy: 'google-oauth2',
    options: { client_id: 'at-google', client_secret: 'secret' },
    enabled_clients: [clientId],
  });
  const stored = await findConnectionByName(db, name);
  if (stored === null) throw new Error(`There is no ${name}.`);
  return stored;
}
