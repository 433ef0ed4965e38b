// The package `request` on top of fetch: what scripts use of it. The answer comes whole, and streams are not offered.
const EventEmitter = require('events');
const querystring = require('querystring');

const METHODS = {
  get: 'GET',
  head: 'HEAD',
  post: 'POST',
  put: 'PUT',
  patch: 'PATCH',
  del: 'DELETE',
  delete: 'DELETE',
  options: 'OPTIONS',
};

function merged(defaults, given) {
  return { ...defaults, ...given, headers: { ...defaults.headers, ...given.headers } };
}

function optionsOf(defaults, first, second, third) {
  const callback = [first, second, third].find((each) => typeof each === 'function');
  const given =
    typeof first === 'string' || first instanceof URL
      ? { ...(typeof second === 'object' ? second : {}), uri: String(first) }
      : { ...first };
  return { options: merged(defaults, given), callback: callback ?? given.callback };
}

/** Returns the URL and the options of fetch. */
function callOf(options) {
  const target = options.uri ?? options.url;
  const address = typeof target === 'object' && target !== null ? target.href : target;
  if (!address) throw new Error('options.uri is a required argument');
  const url = new URL(options.baseUrl ? joined(options.baseUrl, address) : address);
  const headers = new Headers();
  for (const [name, value] of Object.entries(options.headers)) {
    if (value !== undefined && value !== null) headers.set(name, String(value));
  }
  authorize(options, url, headers);
  if (options.qs) {
    const had = querystring.parse(url.search.slice(1));
    url.search = stringified({ ...had, ...options.qs });
  }
  const body = bodyOf(options, headers);
  const method = (options.method ?? 'GET').toUpperCase();
  const follows =
    options.followRedirect !== false &&
    (method === 'GET' || method === 'HEAD' || options.followAllRedirects === true);
  return {
    url: url.href,
    init: {
      method,
      headers,
      redirect: follows ? 'follow' : 'manual',
      ...(body !== undefined && method !== 'GET' && method !== 'HEAD' && { body }),
    },
  };
}

function joined(base, path) {
  return `${base.replace(/\/$/, '')}/${path.replace(/^\//, '')}`;
}

function authorize({ auth }, url, headers) {
  const user = auth?.user ?? auth?.username;
  const password = auth?.pass ?? auth?.password;
  const bearer = typeof auth?.bearer === 'function' ? auth.bearer() : auth?.bearer;
  if (bearer !== undefined) headers.set('authorization', `Bearer ${bearer}`);
  else if (user !== undefined) headers.set('authorization', basic(user, password ?? ''));
  else if (url.username !== '') {
    headers.set(
      'authorization',
      basic(decodeURIComponent(url.username), decodeURIComponent(url.password)),
    );
  }
  url.username = '';
  url.password = '';
}

function basic(user, password) {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Names such as `a[b]` and `a[0]` for values in values. */
function stringified(values) {
  const parts = [];
  const add = (name, value) => {
    if (value === undefined) return;
    if (value !== null && typeof value === 'object' && !(value instanceof Date)) {
      for (const key of Object.keys(value)) add(`${name}[${key}]`, value[key]);
    } else {
      const text = value instanceof Date ? value.toISOString() : String(value ?? '');
      parts.push(`${querystring.escape(name)}=${querystring.escape(text)}`);
    }
  };
  for (const name of Object.keys(values)) add(name, values[name]);
  return parts.join('&');
}

function bodyOf(options, headers) {
  const setType = (type) => {
    if (!headers.has('content-type')) headers.set('content-type', type);
  };
  if (options.formData || options.multipart) {
    throw new Error('request sends no multipart forms here. Use fetch with FormData.');
  }
  if (options.json && !headers.has('accept')) headers.set('accept', 'application/json');
  if (options.form) {
    setType('application/x-www-form-urlencoded');
    return typeof options.form === 'string' ? options.form : stringified(options.form);
  }
  if (options.json !== undefined && options.json !== true && options.json !== false) {
    setType('application/json');
    return JSON.stringify(options.json);
  }
  if (options.body === undefined || options.body === null) return undefined;
  if (options.json === true) {
    setType('application/json');
    return JSON.stringify(options.body);
  }
  if (Array.isArray(options.body)) {
    return Buffer.concat(options.body.map((part) => Buffer.from(part)));
  }
  if (typeof options.body !== 'string' && !ArrayBuffer.isView(options.body)) {
    throw new Error('Argument error, options.body.');
  }
  return options.body;
}

async function perform(options) {
  const { url, init } = callOf(options);
  const answer = await (options.timeout
    ? inTime(fetch(url, init), options.timeout)
    : fetch(url, init));
  const bytes = Buffer.from(await answer.arrayBuffer());
  const headers = {};
  for (const [name, value] of answer.headers) {
    if (name === 'set-cookie') headers[name] = [...(headers[name] ?? []), value];
    else headers[name] = value;
  }
  let body = bytes;
  if (options.encoding !== null) {
    body = bytes.toString(options.encoding ?? 'utf8');
    if (options.json) body = parsed(body);
  }
  return {
    statusCode: answer.status,
    statusMessage: answer.statusText,
    headers,
    body,
    request: {
      uri: new URL(url),
      href: answer.url || url,
      method: init.method,
      headers: Object.fromEntries(init.headers),
    },
    toJSON() {
      return { statusCode: this.statusCode, body: this.body, headers: this.headers };
    },
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function inTime(work, ms) {
  const late = new Promise((_resolve, reject) => {
    setTimeout(
      () => reject(Object.assign(new Error('ETIMEDOUT'), { code: 'ETIMEDOUT', connect: false })),
      ms,
    );
  });
  return Promise.race([work, late]);
}

function create(defaults) {
  function request(first, second, third) {
    const { options, callback } = optionsOf(defaults, first, second, third);
    const emitter = new EventEmitter();
    const done = Promise.resolve().then(() => perform(options));
    emitter.abort = () => {};
    emitter.pipe = () => {
      throw new Error('request gives no streams here. Use its callback.');
    };
    emitter.promise = () => done.then((response) => response.body);
    done.then(
      (response) =>
        queueMicrotask(() => {
          emitter.emit('response', response);
          emitter.emit('data', response.body);
          emitter.emit('complete', response, response.body);
          callback?.(null, response, response.body);
          emitter.emit('end');
        }),
      (error) =>
        queueMicrotask(() => {
          if (callback) callback(error);
          if (!callback || emitter.listenerCount('error') > 0) emitter.emit('error', error);
        }),
    );
    return emitter;
  }
  for (const [name, method] of Object.entries(METHODS)) {
    request[name] = (first, second, third) => {
      const { options, callback } = optionsOf({}, first, second, third);
      return request({ ...options, method }, callback);
    };
  }
  request.defaults = (more) => create(merged(defaults, more));
  request.perform = (first, second) => perform(optionsOf(defaults, first, second).options);
  request.jar = () => ({ setCookie() {}, getCookieString: () => '' });
  request.Request = EventEmitter;
  return request;
}

module.exports = create({ headers: {} });
