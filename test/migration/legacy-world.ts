import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../../src/config/config.ts';
import type {
  Directory,
  DirectoryLogin,
  LegacyProfile,
} from '../../src/outbound/legacy-directory/legacy-directory.ts';
import { closedAtEnd } from '../harness/close-at-end.ts';
import { aPassword } from '../harness/factories.ts';
import { DEFAULT_CONNECTION } from '../harness/harness.ts';
import { type ApiClient, openWorld, type Tokens, type World } from '../harness/world.ts';

export const REALM = 'http://auth0.com/oauth/grant-type/password-realm';

export type LegacyUser = { password: string; profile: LegacyProfile };

/** A legacy user store behind HTTP, and a record of its questions. */
export type LegacyStore = {
  /** By the names with which people log in there. */
  users: Map<string, LegacyUser>;
  /** The names of the questions, oldest first. */
  asked: string[];
  /** Milliseconds before it answers. */
  delayMs: number;
  /** Answers instead of the store. */
  answer: ((name: string) => DirectoryLogin | undefined) | null;
  directory: Directory;
};

/** Starts a legacy user store: a real HTTP server, and a directory that asks it. */
export async function startLegacyStore(): Promise<LegacyStore> {
  const users = new Map<string, LegacyUser>();
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { identifier, password } = JSON.parse(body);
    asked.push(identifier);
    await new Promise((resolve) => setTimeout(resolve, store.delayMs));
    const user = users.get(identifier);
    const isRight = user !== undefined && (password === undefined || user.password === password);
    const wrong = { kind: 'wrong', identifier, problem: null };
    const none = password === undefined ? { kind: 'none' } : wrong;
    const answer = store.answer?.(identifier);
    response.end(
      JSON.stringify(answer ?? (isRight ? { kind: 'found', profile: user.profile } : none)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closedAtEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  async function ask<T>(body: object): Promise<T> {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    return (await response.json()) as T;
  }
  const store: LegacyStore = {
    users,
    asked,
    delayMs: 0,
    answer: null,
    directory: {
      login: ({ identifier, password }) => ask({ identifier, password }),
      getUser: ({ identifier }) => ask({ identifier }),
    },
  };
  return store;
}

let serial = 0;

/** Returns a profile as a directory gives it. */
export function aProfile(more: Partial<LegacyProfile> = {}): LegacyProfile {
  const id = more.id ?? `legacy-${++serial}`;
  return {
    id,
    email: `${id}@old.test`,
    emailVerified: true,
    username: null,
    phoneNumber: null,
    phoneVerified: null,
    name: 'Ada Old',
    givenName: 'Ada',
    familyName: 'Old',
    nickname: null,
    picture: null,
    userMetadata: { color: 'green' },
    appMetadata: { plan: 'gold' },
    mfaFactors: [],
    blocked: false,
    ...more,
  };
}

export type LegacyWorld = World & {
  legacy: LegacyStore;
  client: ApiClient;
  /** Adds a user to the legacy store. */
  inLegacy(more?: Partial<LegacyProfile>): LegacyUser & { id: string; email: string };
  /** Logs in with a `password-realm` grant. */
  enter(username: string, password: string, more?: Record<string, string>): Promise<Tokens>;
  /** Changes options of the connection. */
  configure(options: object): Promise<void>;
  wire(id: string): Promise<Record<string, unknown>>;
  /** The types of the log's entries about a name, oldest first. */
  typesAbout(name: string): Promise<string[]>;
};

/** Opens a world whose default connection has a legacy user store. */
export async function openLegacyWorld(
  settings: Partial<Config> = {},
  options: object = {},
): Promise<LegacyWorld> {
  const world = await openWorld(settings);
  const { server, connectionId } = world;
  const legacy = await startLegacyStore();
  server.app.deps.directories.open = () => legacy.directory;
  const path = `/api/v2/connections/${connectionId}`;

  async function configure(changes: object): Promise<void> {
    const { body } = await server.api<{ options: object }>('GET', path);
    const changed = await server.api('PATCH', path, { options: { ...body.options, ...changes } });
    if (changed.status !== 200) throw new Error(changed.text);
  }
  await configure({
    enabledDatabaseCustomization: true,
    import_mode: true,
    // The store stands in for what these would say.
    customScripts: {
      login: 'function login(name, password, callback) { callback(null); }',
      get_user: 'function getByEmail(email, callback) { callback(null); }',
    },
    ...options,
  });
  const client = await world.registerClient({
    grant_types: ['authorization_code', 'refresh_token', 'password', REALM],
  });

  return {
    ...world,
    legacy,
    client,
    configure,
    inLegacy(more = {}) {
      const user = { password: aPassword(), profile: aProfile(more) };
      const { id, email, username } = user.profile;
      for (const name of [email, username]) if (name !== null) legacy.users.set(name, user);
      return { ...user, id: `auth0|${id}`, email: email ?? '' };
    },
    enter: (username, password, more = {}) =>
      world.token({
        grant_type: REALM,
        realm: DEFAULT_CONNECTION,
        client_id: client.id,
        client_secret: client.secret,
        username,
        password,
        scope: 'openid',
        ...more,
      }),
    wire: async (id) =>
      (await server.api<Record<string, unknown>>('GET', `/api/v2/users/${encodeURIComponent(id)}`))
        .body,
    async typesAbout(name) {
      const q = `user_name:"${name}"`;
      const entries = await world.logs(`${new URLSearchParams({ q, sort: 'date:1' })}`);
      return entries.map(({ type }) => type);
    },
  };
}
