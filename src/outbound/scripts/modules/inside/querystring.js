function encoded(text) {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
function decodedText(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
const shown = (value) =>
  ['string', 'number', 'boolean', 'bigint'].includes(typeof value) ? String(value) : '';

function stringify(object, separator = '&', equals = '=', options = {}) {
  const encode = options?.encodeURIComponent ?? module.exports.escape;
  if (object === null || typeof object !== 'object') return '';
  return Object.keys(object)
    .flatMap((name) =>
      [object[name]].flat().map((value) => `${encode(name)}${equals}${encode(shown(value))}`),
    )
    .join(separator || '&');
}

function parse(text, separator = '&', equals = '=', { maxKeys = 1000 } = {}) {
  const found = { __proto__: null };
  if (typeof text !== 'string' || text === '') return found;
  const parts = text.split(separator || '&').filter((part) => part !== '');
  for (const part of maxKeys > 0 ? parts.slice(0, maxKeys) : parts) {
    const at = part.indexOf(equals || '=');
    const decoded = (raw) => module.exports.unescape(raw.replaceAll('+', ' '));
    const name = decoded(at < 0 ? part : part.slice(0, at));
    const value = decoded(at < 0 ? '' : part.slice(at + equals.length));
    found[name] = name in found ? [found[name], value].flat() : value;
  }
  return found;
}

module.exports = {
  escape: encoded,
  unescape: decodedText,
  stringify,
  parse,
  encode: stringify,
  decode: parse,
};
