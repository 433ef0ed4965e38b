// fetch with Request, Response, Headers and AbortController. The server makes the call, by its rules for outgoing calls.
(inside) => {
  const tokens = /^[\w!#$%&'*+.^`|~-]+$/;

  class Headers {
    #list = { __proto__: null };
    constructor(source) {
      if (source === undefined || source === null) return;
      const pairs = typeof source[Symbol.iterator] === 'function' ? source : Object.entries(source);
      for (const [name, value] of pairs) this.append(name, value);
    }
    #key(name) {
      const key = String(name).toLowerCase();
      if (!tokens.test(key)) throw new TypeError(`${key} is no name of a header.`);
      return key;
    }
    append(name, value) {
      const key = this.#key(name);
      const text = String(value).trim();
      if (/[\0\r\n]/.test(text))
        throw new TypeError(`The value of ${key} is no value of a header.`);
      this.#list[key] = key in this.#list ? `${this.#list[key]}, ${text}` : text;
    }
    set(name, value) {
      this.delete(name);
      this.append(name, value);
    }
    get(name) {
      return this.#list[this.#key(name)] ?? null;
    }
    has(name) {
      return this.#key(name) in this.#list;
    }
    delete(name) {
      delete this.#list[this.#key(name)];
    }
    forEach(work, self) {
      for (const [name, value] of this) work.call(self, value, name, this);
    }
    *entries() {
      for (const name of Object.keys(this.#list).sort()) yield [name, this.#list[name]];
    }
    *keys() {
      for (const [name] of this.entries()) yield name;
    }
    *values() {
      for (const [, value] of this.entries()) yield value;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
  }

  /** Returns the bytes of a body and the type that they have if nobody says another. */
  const bytesOf = (body) => {
    if (body === undefined || body === null) return { bytes: null, type: null };
    if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
      return { bytes: inside.viewOf(body).slice(), type: null };
    }
    const isForm = body instanceof URLSearchParams;
    const type = isForm ? 'application/x-www-form-urlencoded' : 'text/plain';
    return { bytes: inside.utf8(String(body)), type: `${type};charset=UTF-8` };
  };

  class Body {
    #bytes;
    #used = false;
    constructor(bytes) {
      this.#bytes = bytes;
    }
    get bodyUsed() {
      return this.#used;
    }
    get body() {
      return null;
    }
    static bytesOf(each) {
      return each.#bytes;
    }
    async #take() {
      if (this.#used) throw new TypeError('The body has been read already.');
      this.#used = this.#bytes !== null;
      return this.#bytes ?? new Uint8Array(0);
    }
    async text() {
      return inside.fromUtf8(await this.#take());
    }
    async json() {
      return JSON.parse(inside.fromUtf8(await this.#take()));
    }
    async bytes() {
      return (await this.#take()).slice();
    }
    async arrayBuffer() {
      return (await this.#take()).slice().buffer;
    }
  }
  const held = Body.bytesOf;
  delete Body.bytesOf;

  const withType = (headers, type) => {
    if (type !== null && !headers.has('content-type')) headers.set('content-type', type);
  };

  class Request extends Body {
    constructor(target, init = {}) {
      const from = target instanceof Request ? target : null;
      const { bytes, type } =
        init.body === undefined && from ? { bytes: held(from), type: null } : bytesOf(init.body);
      super(bytes);
      const method = String(init.method ?? from?.method ?? 'GET');
      this.method = /^(?:get|head|post|put|delete|options)$/i.test(method)
        ? method.toUpperCase()
        : method;
      if (bytes !== null && (this.method === 'GET' || this.method === 'HEAD')) {
        throw new TypeError('A request with the method GET or HEAD has no body.');
      }
      this.url = new URL(from ? from.url : String(target)).href;
      this.headers = new Headers(init.headers ?? from?.headers);
      this.redirect = init.redirect ?? from?.redirect ?? 'follow';
      this.signal = init.signal ?? from?.signal ?? null;
      withType(this.headers, type);
    }
    clone() {
      return new Request(this);
    }
  }

  class Response extends Body {
    constructor(
      body,
      { status = 200, statusText = '', headers, url = '', redirected = false } = {},
    ) {
      const { bytes, type } = bytesOf(body);
      super(bytes);
      this.status = status;
      this.statusText = statusText;
      this.headers = new Headers(headers);
      this.url = url;
      this.redirected = redirected;
      this.type = 'basic';
      withType(this.headers, type);
    }
    get ok() {
      return this.status >= 200 && this.status < 300;
    }
    clone() {
      if (this.bodyUsed) throw new TypeError('The body has been read already.');
      return new Response(held(this), this);
    }
    static json(value, init = {}) {
      const headers = new Headers(init.headers);
      withType(headers, 'application/json');
      return new Response(JSON.stringify(value), { ...init, headers });
    }
  }

  const abortError = (name, message) => {
    const error = new Error(message);
    inside.set(error, 'name', name);
    return error;
  };
  class AbortSignal {
    aborted = false;
    reason = undefined;
    onabort = null;
    #listeners = [];
    addEventListener(type, listener) {
      if (type === 'abort') this.#listeners.push(listener);
    }
    removeEventListener(_type, listener) {
      this.#listeners = this.#listeners.filter((each) => each !== listener);
    }
    throwIfAborted() {
      if (this.aborted) throw this.reason;
    }
    static abort(reason) {
      const controller = new AbortController();
      controller.abort(reason);
      return controller.signal;
    }
    static timeout(ms) {
      const signal = new AbortSignal();
      setTimeout(() => end(signal, abortError('TimeoutError', 'The operation took too long.')), ms);
      return signal;
    }
    static end(signal, reason) {
      if (signal.aborted) return;
      signal.aborted = true;
      signal.reason = reason ?? abortError('AbortError', 'This operation was aborted');
      const event = { type: 'abort', target: signal };
      signal.onabort?.(event);
      for (const listener of signal.#listeners.splice(0)) {
        if (typeof listener === 'function') listener.call(signal, event);
        else listener.handleEvent(event);
      }
    }
  }
  const { end } = AbortSignal;
  delete AbortSignal.end;
  class AbortController {
    signal = new AbortSignal();
    abort(reason) {
      end(this.signal, reason);
    }
  }

  const fetch = async (target, init) => {
    const request = new Request(target, init);
    const { signal } = request;
    signal?.throwIfAborted();
    const bytes = held(request);
    const asked = inside.host('fetch', 'fetch', [
      {
        url: request.url,
        method: request.method,
        headers: [...request.headers],
        body: bytes === null ? null : inside.toBase64(bytes),
        redirect: request.redirect,
      },
    ]);
    const aborted = new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
    let answer;
    try {
      answer = await (signal ? Promise.race([asked, aborted]) : asked);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new TypeError(`fetch failed: ${error.message}`, { cause: error });
    }
    const body = answer.body === '' ? null : inside.base64(answer.body);
    const url = answer.url === '' ? request.url : answer.url;
    return new Response(body, { ...answer, url, redirected: url !== request.url });
  };

  inside.expose('Headers', Headers);
  inside.expose('Request', Request);
  inside.expose('Response', Response);
  inside.expose('AbortController', AbortController);
  inside.expose('AbortSignal', AbortSignal);
  inside.expose('fetch', fetch);
};
