// URL and URLSearchParams. The process parses URLs, so that a script and the server understand the same by one.
(inside) => {
  const decode = (text) =>
    inside.fromUtf8(
      inside.latin1(
        inside
          .fromLatin1(inside.utf8(text.replace(/\+/g, ' ')))
          .replace(/%([\da-f]{2})/gi, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
      ),
    );
  const encode = (text) =>
    encodeURIComponent(text.toWellFormed())
      .replace(/[!'()~]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
      .replace(/%20/g, '+');
  const pairsOf = (source) => {
    if (source === undefined || source === null) return [];
    if (typeof source === 'object') {
      const pairs = typeof source[Symbol.iterator] === 'function' ? source : Object.entries(source);
      return [...pairs].map(([name, value]) => [String(name), String(value)]);
    }
    return String(source)
      .replace(/^\?/, '')
      .split('&')
      .filter((part) => part !== '')
      .map((part) => {
        const at = part.indexOf('=');
        return at < 0
          ? [decode(part), '']
          : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
      });
  };

  class URLSearchParams {
    #pairs;
    #changed = () => {};
    constructor(source) {
      this.#pairs = pairsOf(source);
    }
    static follow(params, changed) {
      params.#changed = changed;
    }
    static fill(params, source) {
      params.#pairs = pairsOf(source);
    }
    get size() {
      return this.#pairs.length;
    }
    append(name, value) {
      this.#pairs.push([String(name), String(value)]);
      this.#changed();
    }
    delete(name, value) {
      this.#pairs = this.#pairs.filter(
        ([key, held]) => key !== String(name) || (value !== undefined && held !== String(value)),
      );
      this.#changed();
    }
    get(name) {
      return this.#pairs.find(([key]) => key === String(name))?.[1] ?? null;
    }
    getAll(name) {
      return this.#pairs.filter(([key]) => key === String(name)).map(([, value]) => value);
    }
    has(name, value) {
      return this.#pairs.some(
        ([key, held]) => key === String(name) && (value === undefined || held === String(value)),
      );
    }
    set(name, value) {
      const at = this.#pairs.findIndex(([key]) => key === String(name));
      if (at < 0) this.#pairs.push([String(name), String(value)]);
      else {
        this.#pairs = this.#pairs.filter(([key], n) => n <= at || key !== String(name));
        this.#pairs[at] = [String(name), String(value)];
      }
      this.#changed();
    }
    sort() {
      this.#pairs.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
      this.#changed();
    }
    forEach(work, self) {
      for (const [name, value] of this.#pairs) work.call(self, value, name, this);
    }
    *entries() {
      for (const [name, value] of this.#pairs) yield [name, value];
    }
    *keys() {
      for (const [name] of this.#pairs) yield name;
    }
    *values() {
      for (const [, value] of this.#pairs) yield value;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
    toString() {
      return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
    }
  }
  const { follow, fill } = URLSearchParams;
  delete URLSearchParams.follow;
  delete URLSearchParams.fill;

  class URL {
    #parts;
    #params = new URLSearchParams();
    constructor(href, base) {
      const given = base === undefined ? null : String(base);
      this.#parts = inside.hostSync('url', [String(href), given]);
      fill(this.#params, this.#parts.search);
      follow(this.#params, () => this.#change('search', this.#params.toString()));
    }
    static canParse(href, base) {
      return URL.parse(href, base) !== null;
    }
    static parse(href, base) {
      try {
        return new URL(href, base);
      } catch {
        return null;
      }
    }
    #change(part, value) {
      this.#parts = inside.hostSync('urlWith', [this.#parts.href, part, value]);
    }
    static part(url, name) {
      return url.#parts[name];
    }
    static setPart(url, name, value) {
      url.#change(name, String(value));
      if (name === 'href' || name === 'search') fill(url.#params, url.#parts.search);
    }
    get origin() {
      return this.#parts.origin;
    }
    get searchParams() {
      return this.#params;
    }
    toString() {
      return this.#parts.href;
    }
    toJSON() {
      return this.#parts.href;
    }
  }
  const { part, setPart } = URL;
  delete URL.part;
  delete URL.setPart;
  const names = ['href', 'protocol', 'username', 'password', 'host', 'hostname', 'port'];
  for (const name of [...names, 'pathname', 'search', 'hash']) {
    Object.defineProperty(URL.prototype, name, {
      get() {
        return part(this, name);
      },
      set(value) {
        setPart(this, name, value);
      },
      configurable: true,
      enumerable: true,
    });
  }
  inside.expose('URL', URL);
  inside.expose('URLSearchParams', URLSearchParams);
};
