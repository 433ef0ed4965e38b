import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  Directory,
  DirectoryChange,
  DirectoryFailure,
  LegacyProfile,
} from '../../src/outbound/legacy-directory/legacy-directory.ts';
import { closedAtEnd } from '../harness/close-at-end.ts';

export type LegacyUser = { id: string; email: string; password: string; [field: string]: unknown };

/**
 * A stand-in for an older user store: a real HTTP server with a table of users, and the directory that asks it. Its answers follow the
 * scripts that Auth0 publishes for custom databases.
 */
export async function startLegacyServer(users: LegacyUser[] = []) {
  const table = new Map(users.map((user) => [user.email, user]));
  const asked: string[] = [];
  const state = { isDown: false, declines: false, pauseMs: 0 };

  const answer = (question: string, body: Record<string, string>): unknown => {
    const { email = '', password = '' } = body;
    const user = table.get(email);
    switch (question) {
      case 'login':
        return user?.password === password ? user : null;
      case 'getUser':
        return user ?? null;
      case 'create':
        table.set(email, { id: randomUUID(), email, password });
        return true;
      case 'changePassword':
        if (user) user.password = password;
        return user !== undefined;
      case 'changeEmail':
        if (!user) return false;
        table.delete(email);
        table.set(body.newEmail ?? '', { ...user, email: body.newEmail ?? '' });
        return true;
      case 'verify':
        if (user) user.verified = true;
        return user !== undefined;
      case 'remove':
        for (const [key, each] of table) if (each.id === body.id) table.delete(key);
        return true;
      default:
        return null;
    }
  };

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const question = (request.url ?? '').slice(1);
    asked.push(question);
    if (state.pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, state.pauseMs));
    response.statusCode = state.isDown ? 500 : 200;
    const declines = state.declines && question !== 'getUser' && question !== 'login';
    response.end(JSON.stringify(state.isDown ? null : declines ? false : answer(question, body)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closedAtEnd(async () => server.closeAllConnections());
  closedAtEnd(async () => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function ask(question: string, body: object): Promise<unknown> {
    const response = await fetch(`${url}/${question}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error('The older user store answers 500.');
    return response.json();
  }
  const failed = (error: unknown): DirectoryFailure => ({
    kind: 'unavailable',
    why: 'failed',
    problem: String(error),
  });
  const change = (question: string, body: object): Promise<DirectoryChange> =>
    ask(question, body).then(
      (done) => (done === true ? { kind: 'done' } : { kind: 'declined' }),
      failed,
    );

  const directory: Directory = {
    login: ({ identifier: email, password }) =>
      ask('login', { email, password }).then(
        (user) =>
          user === null
            ? { kind: 'wrong', identifier: email, problem: null }
            : { kind: 'found', profile: profileOf(user as LegacyUser) },
        failed,
      ),
    getUser: ({ identifier: email }) =>
      ask('getUser', { email }).then(
        (user) =>
          user === null
            ? { kind: 'none' }
            : { kind: 'found', profile: profileOf(user as LegacyUser) },
        failed,
      ),
    create: ({ user: { email, password } }) => change('create', { email, password }),
    verify: ({ email }) => change('verify', { email }),
    changePassword: ({ email, password }) => change('changePassword', { email, password }),
    changeEmail: ({ email, newEmail }) => change('changeEmail', { email, newEmail }),
    remove: ({ id }) => change('remove', { id }),
    count: async () => table.size,
  };
  return { table, asked, state, directory };
}

function profileOf(user: LegacyUser): LegacyProfile {
  return {
    id: user.id,
    email: user.email,
    emailVerified: user.verified === true,
    username: null,
    phoneNumber: null,
    phoneVerified: null,
    name: null,
    givenName: typeof user.given === 'string' ? user.given : null,
    familyName: null,
    nickname: null,
    picture: null,
    userMetadata: {},
    appMetadata: user.plan === undefined ? {} : { plan: user.plan },
    mfaFactors: [],
    blocked: false,
  };
}
