/**
 * Makes the object `api` of an action, inside of its isolate. What an action asks for is recorded as commands; the server carries them out
 * after the action has ended. Names and meanings are those of Auth0's objects.
 *
 * The server gives what they need in the global `__api`: `trigger`, `cache` (entries by key: `value`, `expiresAt`), and for logins `userId`, `host`, `ip`, `state`, `canRedirect`,
 * `isContinued`, `request` (`body`, `query`).
 */
({ command, hostSync }) => {
  const data = globalThis.__api;
  delete globalThis.__api;
  const record = command;
  const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const text = (value, name) => {
    if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a text.`);
    return value;
  };
  const json = (value, name) => {
    const written = JSON.stringify(value === undefined ? null : value);
    if (written === undefined) throw new TypeError(`${name} cannot be written as JSON.`);
    return JSON.parse(written);
  };
  const later = (name, check) => {
    const ask = (...args) => {
      record(
        name,
        check(...args).map((arg) => json(arg, name)),
      );
      return api;
    };
    return ask;
  };
  const refused = (name) => () => {
    throw new Error(`api.${name} is not offered by this server.`);
  };

  // ---- Cache: 20 entries, keys of 64 bytes, values of 4 kB, 8 kB in all, at most a day.
  const bytes = (value) => encode(value).length;
  const cache = new Map(Object.entries(data.cache ?? {}));
  const problem = (code) => ({ type: 'error', code });
  const cacheApi = {
    get(key) {
      const entry = cache.get(key);
      if (!entry || entry.expiresAt <= Date.now()) return undefined;
      return { value: entry.value, expires_at: entry.expiresAt };
    },
    set(key, value, options = {}) {
      if (typeof key !== 'string' || typeof value !== 'string') return problem('InvalidType');
      if (bytes(key) > 64 || bytes(value) > 4096) return problem('ItemSizeLimitExceeded');
      const now = Date.now();
      for (const [each, entry] of cache) if (entry.expiresAt <= now) cache.delete(each);
      const day = now + 86_400_000;
      const asked =
        options.expires_at ?? now + (typeof options.ttl === 'number' ? options.ttl : 900_000);
      const expiresAt = Math.min(day, Number(asked) || now + 900_000);
      const others = [...cache].filter(([each]) => each !== key);
      if (others.length >= 20) return problem('CacheSizeLimitExceeded');
      const used = others.reduce((sum, [each, entry]) => sum + bytes(each) + bytes(entry.value), 0);
      if (used + bytes(key) + bytes(value) > 8192) return problem('CacheSizeLimitExceeded');
      cache.set(key, { value, expiresAt });
      record('cache.set', [key, value, expiresAt]);
      return { type: 'success', record: { value, expires_at: expiresAt } };
    },
    delete(key) {
      cache.delete(key);
      record('cache.delete', [text(key, 'The key')]);
      return { type: 'success' };
    },
  };

  // ---- Session tokens of a redirect: JWT, HS256.
  let isRedirecting = false;
  const redirect = {
    encodeToken({ secret, payload = {}, expiresInSeconds = 900 }) {
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        ...json(payload, 'The payload'),
        iat: now,
        iss: data.host,
        sub: data.userId,
        exp: now + expiresInSeconds,
        ip: data.ip,
      };
      const signed = `${base64url(encode('{"typ":"JWT","alg":"HS256"}'))}.${base64url(encode(JSON.stringify(claims)))}`;
      return `${signed}.${base64url(hmac(text(secret, 'The secret'), signed))}`;
    },
    sendUserTo(url, options = {}) {
      if (isRedirecting) throw new Error('This action has already asked for a redirect.');
      const { query = {} } = options;
      const fields = Object.entries(query).filter(([, value]) => value != null);
      record('redirect.sendUserTo', [
        text(url, 'The address'),
        Object.fromEntries(fields.map(([name, value]) => [name, String(value)])),
      ]);
      isRedirecting = true;
      return api;
    },
    canRedirect: () => data.canRedirect === true,
    validateToken({ secret, tokenParameterName = 'session_token' }) {
      const { body = {}, query = {} } = data.request ?? {};
      const token = body[tokenParameterName] ?? query[tokenParameterName];
      if (typeof token !== 'string') {
        throw new Error(`There is no session token in the parameter ${tokenParameterName}.`);
      }
      const [head = '', claims = '', signature = '', ...more] = token.split('.');
      const expected = base64url(hmac(text(secret, 'The secret'), `${head}.${claims}`));
      if (more.length > 0 || !isSame(signature, expected)) {
        throw new Error('The signature of the session token is wrong.');
      }
      const { alg } = JSON.parse(decode(fromBase64url(head)));
      if (alg !== 'HS256') throw new Error('The session token is not signed with HS256.');
      const payload = JSON.parse(decode(fromBase64url(claims)));
      if (typeof payload.exp !== 'number' || payload.exp <= Date.now() / 1000) {
        throw new Error('The session token has expired.');
      }
      if (payload.state !== data.state) {
        throw new Error('The session token belongs to another login: its state is different.');
      }
      if (payload.sub !== undefined && payload.sub !== data.userId) {
        throw new Error('The session token belongs to another user.');
      }
      return payload;
    },
  };
  // ---- What each trigger offers.
  const name = (value) => text(value, 'The name');
  const claim = (key, value) => [name(key), value];
  const deny = later('access.deny', (reason) => [text(reason, 'The reason')]);
  const factor = (value) => {
    const { type, options } = value ?? {};
    return { type: text(type, 'The type of the factor'), ...(options && { options }) };
  };
  const one = (first, options = {}) => [
    [factor(first), ...(options.additionalFactors ?? []).map(factor)],
  ];
  const any = (factors) => {
    if (!Array.isArray(factors) || factors.length === 0) {
      throw new TypeError('The factors must be a list.');
    }
    return [factors.map(factor)];
  };
  const user = {
    setAppMetadata: later('user.setAppMetadata', claim),
    setUserMetadata: later('user.setUserMetadata', claim),
  };
  const validation = {
    error: later('validation.error', (code, message) => [
      text(code, 'The code'),
      text(message, 'The message'),
    ]),
  };
  const prompt = { render: refused('prompt.render') };
  const challenges = {
    challengeWith: later('authentication.challengeWith', one),
    challengeWithAny: later('authentication.challengeWithAny', any),
  };
  const nothing = (path, names) =>
    Object.fromEntries(names.map((each) => [each, refused(`${path}.${each}`)]));
  const objects = {
    'post-login': () => ({
      access: { deny },
      accessToken: {
        setCustomClaim: later('accessToken.setCustomClaim', claim),
        addScope: later('accessToken.addScope', (scope) => [name(scope)]),
        removeScope: later('accessToken.removeScope', (scope) => [name(scope)]),
      },
      idToken: { setCustomClaim: later('idToken.setCustomClaim', claim) },
      authentication: {
        ...challenges,
        enrollWith: later('authentication.enrollWith', one),
        enrollWithAny: later('authentication.enrollWithAny', any),
        recordMethod: later('authentication.recordMethod', (url) => {
          if (!data.isContinued) {
            throw new Error('recordMethod works only in onContinuePostLogin.');
          }
          return [text(url, 'The address')];
        }),
        setPrimaryUser: refused('authentication.setPrimaryUser'),
        setPrimaryUserId: refused('authentication.setPrimaryUserId'),
      },
      multifactor: {
        enable: later('multifactor.enable', (provider, options = {}) => [
          text(provider, 'The provider'),
          { allowRememberBrowser: options.allowRememberBrowser !== false },
        ]),
      },
      redirect,
      user,
      validation,
      rules: { wasExecuted: () => false },
      prompt,
      session: nothing('session', [
        'revoke',
        'setExpiresAt',
        'setIdleExpiresAt',
        'setMetadata',
        'deleteMetadata',
        'evictMetadata',
        'setCookieMode',
      ]),
      refreshToken: nothing('refreshToken', [
        'revoke',
        'setExpiresAt',
        'setIdleExpiresAt',
        'setMetadata',
        'deleteMetadata',
        'evictMetadata',
      ]),
      transaction: nothing('transaction', ['setMetadata']),
      samlResponse: new Proxy(
        {},
        { get: (_target, key) => refused(`samlResponse.${String(key)}`) },
      ),
    }),
    'pre-user-registration': () => ({
      access: {
        deny: later('access.deny', (reason, userMessage) => [
          text(reason, 'The reason'),
          text(userMessage ?? reason, 'The message'),
        ]),
      },
      user,
      validation,
    }),
    'credentials-exchange': () => ({
      access: {
        deny: later('access.deny', (code, reason) => {
          const codes = ['invalid_scope', 'invalid_request', 'server_error'];
          if (!codes.includes(code))
            throw new TypeError(`The code must be one of ${codes.join(', ')}.`);
          return [code, text(reason, 'The reason')];
        }),
      },
      accessToken: { setCustomClaim: later('accessToken.setCustomClaim', claim) },
      transaction: {
        addTargetScope: later('transaction.addTargetScope', (scope) => [name(scope)]),
        removeTargetScope: later('transaction.removeTargetScope', (scope) => [name(scope)]),
        setTargetScopes: later('transaction.setTargetScopes', (scopes) => [[...scopes].map(name)]),
        clearTargetScopes: later('transaction.clearTargetScopes', () => []),
        setMetadata: refused('transaction.setMetadata'),
      },
    }),
    'password-reset-post-challenge': () => ({
      access: { deny },
      authentication: {
        challengeWith: refused('authentication.challengeWith'),
        challengeWithAny: refused('authentication.challengeWithAny'),
      },
      redirect: {
        ...nothing('redirect', ['sendUserTo', 'encodeToken', 'validateToken']),
        canRedirect: () => false,
      },
      prompt,
      transaction: {
        setResultUrl: later('transaction.setResultUrl', (url, options = {}) => [
          text(url, 'The address'),
          Object.fromEntries(
            Object.entries(options.query ?? {}).map(([key, value]) => [key, String(value)]),
          ),
        ]),
      },
    }),
    // A rule changes its arguments instead; this is what its helper object does.
    rule: () => ({ user }),
  };
  const api = { ...objects[data.trigger]?.(), cache: cacheApi };
  return api;

  // ---- Texts and bytes. These do not depend on what the action may change.
  function encode(value) {
    const escaped = unescape(encodeURIComponent(value));
    return Array.from(escaped, (character) => character.charCodeAt(0));
  }
  function decode(list) {
    return decodeURIComponent(escape(String.fromCharCode(...list)));
  }
  function base64url(list) {
    let written = '';
    for (let at = 0; at < list.length; at += 3) {
      const [a, b, c] = [list[at], list[at + 1], list[at + 2]];
      const group = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
      written += LETTERS[group >> 18] + LETTERS[(group >> 12) & 63];
      if (b !== undefined) written += LETTERS[(group >> 6) & 63];
      if (c !== undefined) written += LETTERS[group & 63];
    }
    return written;
  }
  function fromBase64url(written) {
    const list = [];
    let bits = 0;
    let group = 0;
    for (const letter of written.replace(/=+$/, '')) {
      const value = LETTERS.indexOf(letter);
      if (value < 0) throw new Error('The session token is not written in Base64url.');
      group = ((group << 6) | value) & 0xffff;
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        list.push((group >> bits) & 255);
      }
    }
    return list;
  }
  /** Compares without telling by its time where two texts differ. */
  function isSame(one, other) {
    let difference = one.length ^ other.length;
    for (let at = 0; at < other.length; at += 1) {
      difference |= (one.charCodeAt(at) || 0) ^ other.charCodeAt(at);
    }
    return difference === 0;
  }
  /** HMAC-SHA-256 (RFC 2104). @returns its bytes */
  function hmac(secret, message) {
    const inBase64 = (value) => base64url(encode(value)).replaceAll('-', '+').replaceAll('_', '/');
    const made = hostSync('hmac', ['sha256', inBase64(secret), inBase64(message)]);
    return fromBase64url(made.replaceAll('+', '-').replaceAll('/', '_'));
  }
};
