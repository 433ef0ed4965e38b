const querystring = require('querystring');

// The parts of the old interface. Addresses are read as browsers do, without a host of its own for relative ones.
const PATTERN =
  /^(?:([a-z][a-z0-9+.-]*:))?(?:(\/\/)(?:([^/?#@]*)@)?([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/i;

function parse(address, withQuery = false) {
  const [, protocol, slashes, auth, host, pathname, search, hash] = PATTERN.exec(
    String(address).trim(),
  );
  const [, hostname, port] = /^(.*?)(?::(\d*))?$/.exec((host ?? '').toLowerCase());
  const path = pathname === '' && slashes ? '/' : pathname;
  const parsed = {
    protocol: protocol?.toLowerCase() ?? null,
    slashes: slashes ? true : null,
    auth: auth === undefined ? null : querystring.unescape(auth),
    host: host === undefined ? null : host.toLowerCase(),
    port: port || null,
    hostname: host === undefined ? null : hostname.replace(/^\[|\]$/g, ''),
    hash: hash ?? null,
    search: search ?? (withQuery ? '' : null),
    query: search?.slice(1) ?? null,
    pathname: path || null,
    path: `${path}${search ?? ''}` || null,
  };
  if (withQuery) parsed.query = querystring.parse(search?.slice(1) ?? '');
  return Object.assign(parsed, { href: format(parsed) });
}

function format(given) {
  if (typeof given === 'string') return parse(given).href;
  if (given instanceof URL) return given.href;
  const { protocol, auth, pathname, hash } = given;
  const scheme = protocol ? protocol.replace(/:?$/, ':') : '';
  const host =
    given.host ?? (given.hostname ? given.hostname + (given.port ? `:${given.port}` : '') : null);
  const slashes = given.slashes || (host !== null && /^(?:https?|ftp):$/.test(scheme)) ? '//' : '';
  const user = auth ? `${encodeURIComponent(auth).replace(/%3A/i, ':')}@` : '';
  const query =
    given.query !== null && typeof given.query === 'object'
      ? querystring.stringify(given.query)
      : '';
  const search = given.search ?? (query && `?${query}`);
  const path = (pathname ?? '').replace(/^(?!\/)(?=.)/, host ? '/' : '');
  return `${scheme}${slashes}${host === null ? '' : user + host}${path}${search ? search.replace(/^\??/, '?') : ''}${hash ? hash.replace(/^#?/, '#') : ''}`;
}

function resolve(from, to) {
  const base = new URL(from, 'relative://here/');
  const found = new URL(to, base);
  return found.protocol === 'relative:' ? found.pathname + found.search + found.hash : found.href;
}

module.exports = { URL, URLSearchParams, parse, format, resolve };
