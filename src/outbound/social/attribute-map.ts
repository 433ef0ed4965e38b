import type { Claims } from './claims.ts';
import { objectOption } from './option-values.ts';
import type { Provider } from './provider.ts';

/**
 * Applies `attribute_map` of a connection, as Auth0 documents it: each attribute is a text with `${context.tokenset.name}` or
 * `${context.userinfo.name}`, or a constant. With `use_map` the result has only these attributes, otherwise they come in addition.
 * @param tokenset the claims of the ID token
 */
export function mapAttributes(
  { options }: Provider,
  { tokenset, userinfo }: { tokenset: Claims; userinfo: Claims },
): Claims {
  const all = { ...userinfo, ...tokenset };
  const map = objectOption(options, 'attribute_map');
  const attributes = Object.entries(objectOption(map, 'attributes'));
  if (attributes.length === 0 || map.mapping_mode === 'basic_profile') return all;
  const mapped: Claims = {};
  for (const [name, source] of attributes) {
    const value = typeof source === 'string' ? fill(source, { tokenset, userinfo }) : source;
    if (value !== undefined) mapped[name] = value;
  }
  return map.mapping_mode === 'use_map' ? mapped : { ...all, ...mapped };
}

const PLACE = /\$\{context\.(tokenset|userinfo)\.([^}]{1,255})\}/g;

/** A text that is one place takes the value as it is, for example a boolean. */
function fill(source: string, context: { tokenset: Claims; userinfo: Claims }): unknown {
  const valueIn = (from: string, name: string): unknown => {
    const claims = from === 'tokenset' ? context.tokenset : context.userinfo;
    return Object.hasOwn(claims, name) ? claims[name] : undefined;
  };
  const [whole] = source.matchAll(PLACE);
  if (whole !== undefined && whole[0] === source) return valueIn(whole[1] ?? '', whole[2] ?? '');
  return source.replace(PLACE, (_place, from: string, name: string) => {
    const value = valueIn(from, name);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  });
}
