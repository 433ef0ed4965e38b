import type {
  AtCompletion,
  AtProvider,
  Completed,
  FlowOptions,
  FlowResult,
  FlowState,
  KeyValueStore,
  NewPerson,
  PageOptions,
  Problem,
  Totp,
} from './types.ts';

export type * from './types.ts';

type Made = { toJSON(): unknown };

/** What the flow needs of a browser. Outside of one it is not there. */
const page = globalThis as unknown as {
  location?: { href: string };
  history?: { state: unknown; replaceState(state: unknown, unused: '', url: string): void };
  navigator: {
    credentials: Record<'create' | 'get', (asked: { publicKey: unknown }) => Promise<Made>>;
  };
  PublicKeyCredential: Record<
    'parseCreationOptionsFromJSON' | 'parseRequestOptionsFromJSON',
    (options: unknown) => unknown
  >;
};

/** The acceptance of one invitation, in this browser. */
export type InvitationFlow = ReturnType<typeof createInvitationFlow>;

/**
 * Accepts an invitation on a page of your own. Call `start` first: it also goes on where this browser was. Every method sends one request
 * and returns the new state, or the problem and the state as it is. No method throws.
 */
export function createInvitationFlow(options: FlowOptions) {
  const { clientId } = options;
  const link = withoutLogin(options.link);
  let back = loginIn(options.link) ?? loginIn(page.location?.href ?? '');
  const send = createSender(options);
  const storage = options.storage ?? sessionStorage;
  const key = `usher-flow ${clientId} ${fingerprint(link)}`;
  const listeners = new Set<() => void>();
  let current: FlowResult = { ok: true, state: null };
  let secret = read(storage, key);

  function keep(fresh: string | null): void {
    secret = fresh;
    write(storage, key, fresh);
  }

  /** Uses what the browser has brought back from a provider, once. */
  function comesBack(flow_login: string) {
    back = null;
    const { location, history } = page;
    if (location) history?.replaceState(history.state, '', withoutLogin(location.href));
    return step('connection/finish', { flow_login });
  }

  /** Makes or uses a passkey in this browser, which must know JSON forms of credentials (Web Authentication Level 3). */
  async function passkey(path: 'passkey' | 'existing/passkey'): Promise<FlowResult> {
    const asked = await step<{ passkey: unknown }>(path, {});
    if (!asked.ok || !asked.state) return asked;
    const isNew = path === 'passkey';
    try {
      const publicKey = page.PublicKeyCredential[
        isNew ? 'parseCreationOptionsFromJSON' : 'parseRequestOptionsFromJSON'
      ](asked.state.passkey);
      const made = await page.navigator.credentials[isNew ? 'create' : 'get']({ publicKey });
      return await step(`${path}/verify`, { credential: made.toJSON() });
    } catch (error) {
      const problem: Problem = { code: 'passkey_not_made', message: String(error) };
      return tell({ ok: false, problem, state: asked.state });
    }
  }

  function tell<T>(result: FlowResult<T>): FlowResult<T> {
    current = result;
    for (const listener of listeners) listener();
    return result;
  }

  async function step<T = unknown>(path: string, body?: object): Promise<FlowResult<T>> {
    const { status, answer } = await send<T>(path, body, secret);
    const { problem, flow_secret: fresh, ...rest } = answer;
    if (fresh) keep(fresh);
    // Another browser has taken over, or the flow is over: the secret has no use any more.
    if (status === 401 || rest.state === 'done') keep(null);
    const state = rest.state ? (rest as FlowState & T) : null;
    return tell(
      problem ? { ok: false, problem, state: state ?? current.state } : { ok: true, state },
    );
  }

  return {
    /** The result of the last method. */
    current: () => current,
    /** Calls `listener` after every method. Returns the function that ends it. */
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /**
     * Starts, or goes on where this browser was. The problem `under_way` means that another browser has started: ask the person, then
     * call it again with `takeOver`, which ends the flow there. When the browser is back from an identity provider, it ends that login.
     */
    start: (how: { takeOver?: boolean } = {}) =>
      back && secret
        ? comesBack(back)
        : step('start', { client_id: clientId, link, ...(how.takeOver && { take_over: true }) }),
    /** Reads the state again. */
    refresh: () => step('state'),
    /** Sends the fields that `state.fields` describes. */
    profile: (fields: Record<string, unknown>) => step('profile', { fields }),
    /** Chooses the password of the new account. */
    password: (password: string) => step('password', { password }),
    /** Logs in with the password of the account that exists. */
    existing: (password: string) => step('existing', { password }),
    /** Logs in with the passkey of the account that exists. The page must be on the domain of the server, or below it. */
    existingPasskey: () => passkey('existing/passkey'),
    /**
     * Begins a login at an identity provider of `state.connections`. Then send the browser to `state.redirect_to`. It comes back to
     * `returnUrl`, by default this page, where `start` goes on.
     */
    connection: (name: string, how: { returnUrl?: string } = {}) =>
      step<AtProvider>('connection', {
        connection: name,
        return_url: how.returnUrl ?? withoutLogin(page.location?.href ?? ''),
      }),
    /** Makes a passkey of the new account. The page must be on the domain of the server, or below it. */
    passkey: () => passkey('passkey'),
    /** Mails a code to the invited address, as a way to log in. */
    code: () => step('code', {}),
    verifyCode: (code: string) => step('code/verify', { code }),
    /** Takes a phone as second factor: a text message brings the code. */
    phone: (number: string) => step('phone', { phone_number: number }),
    verifyPhone: (code: string) => step('phone/verify', { code }),
    /** Makes the secret of an authenticator application: `state.totp`. */
    totp: () => step<{ totp: Totp }>('totp', {}),
    verifyTotp: (code: string) => step('totp/verify', { code }),
    /** Accepts the invitation. Then send the person to your login with `state.login_ticket`, within a minute. */
    complete: (request: AtCompletion = {}) =>
      step<Completed>('complete', { state: request.state, code_challenge: request.codeChallenge }),
  };
}

/**
 * Sets a new password, with the link that the person got by mail. Then send the person to your login with `state.login_ticket`.
 * @param options.link the link of the mail that resets a password
 */
export function resetPassword(
  options: FlowOptions,
  password: string,
  request: AtCompletion = {},
): Promise<FlowResult<Completed>> {
  const { clientId: client_id, link } = options;
  const { state, codeChallenge: code_challenge } = request;
  return sendOnce(options, 'reset', { client_id, link, password, state, code_challenge });
}

/**
 * Signs a person up on a page of your own. `ask` mails a code to the address, and says nothing about accounts: the owner of an account gets
 * another mail. `verify` takes the code, makes the account, and returns the login ticket. A reload can go on with `verify`.
 */
export function createSignUp(options: PageOptions & Pick<FlowOptions, 'storage'>) {
  const { clientId: client_id, storage = sessionStorage } = options;
  const send = createSender(options);
  const key = `usher-sign-up ${client_id}`;
  async function step<T>(path: string, body: object): Promise<FlowResult<T>> {
    const { status, answer } = await send<T>(path, body, read(storage, key));
    const { problem, flow_secret: fresh, ...rest } = answer;
    if (fresh) write(storage, key, fresh);
    if (status === 401 || rest.state === 'done') write(storage, key, null);
    return resultOf(problem, rest);
  }
  return {
    ask: (person: NewPerson) => step('sign-up', { ...person, client_id }),
    /** Mails another code. */
    code: () => step('sign-up/code', {}),
    /** Then send the person to your login with `state.login_ticket`, within a minute. */
    verify: (code: string, request: AtCompletion = {}) =>
      step<Completed>('sign-up/verify', {
        code,
        state: request.state,
        code_challenge: request.codeChallenge,
      }),
  };
}

async function sendOnce<T>(
  options: PageOptions,
  path: string,
  body: object,
): Promise<FlowResult<T>> {
  const { problem, ...rest } = (await createSender(options)<T>(path, body, null)).answer;
  return resultOf(problem, rest);
}

function resultOf<T>(problem: Problem | undefined, rest: object): FlowResult<T> {
  const state = 'state' in rest ? (rest as FlowState & T) : null;
  return problem ? { ok: false, problem, state } : { ok: true, state };
}

/** Returns the address of your login with the ticket that lets the person in. */
export function loginAddress(login: string, completed: Completed): string {
  if (completed.login_ticket === null) return login;
  const glue = login.includes('?') ? '&' : '?';
  return `${login}${glue}login_ticket=${encodeURIComponent(completed.login_ticket)}`;
}

type Answer<T> = Partial<FlowState> & Partial<T> & { problem?: Problem; flow_secret?: string };

function createSender({ baseUrl, language, fetch: ask = fetch }: PageOptions) {
  const base = `${baseUrl.replace(/\/+$/, '')}/invitation-flow/`;
  return async <T>(
    path: string,
    body: object | undefined,
    secret: string | null,
  ): Promise<{ status: number; answer: Answer<T> }> => {
    try {
      const response = await ask(base + path, {
        method: body ? 'POST' : 'GET',
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(secret && { authorization: `Bearer ${secret}` }),
          ...(language && { 'accept-language': language }),
        },
        ...(body && { body: JSON.stringify(body) }),
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
      });
      return { status: response.status, answer: (await response.json()) as Answer<T> };
    } catch (error) {
      const problem: Problem = { code: 'unreachable', message: String(error) };
      return { status: 0, answer: { problem } as Answer<T> };
    }
  };
}

/** Storage can be forbidden or full. Then a reload starts again with the link. */
function read(storage: KeyValueStore, key: string): string | null {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

function write(storage: KeyValueStore, key: string, value: string | null): void {
  try {
    if (value === null) storage.removeItem(key);
    else storage.setItem(key, value);
  } catch {
    // The flow goes on in this page.
  }
}

const LOGIN = /[#&]flow_login=([\w.-]+)/;

/** Returns what an identity provider's login has put into an address, or `null`. */
function loginIn(address: string): string | null {
  return LOGIN.exec(address)?.[1] ?? null;
}

/** Returns the address as it was before the login. */
function withoutLogin(address: string): string {
  return address.replace(LOGIN, '').replace(/#$/, '');
}

/** Tells links apart without storing them. */
function fingerprint(link: string): string {
  let hash = 5381;
  for (let at = 0; at < link.length; at++) hash = (hash * 33 + link.charCodeAt(at)) >>> 0;
  return hash.toString(36);
}
