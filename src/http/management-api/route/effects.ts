import { isDeepStrictEqual } from 'node:util';
import type { TSchema } from 'typebox';
import { badRequest } from './errors.ts';

/**
 * The values of a field that have an effect in Usher. A value has an effect or is refused; nothing is stored in silence.
 */
export type Effect = {
  /** Values that have an effect or describe what Usher does anyway. If empty, every value is refused. */
  only: readonly unknown[];
  /** Also accepts an object or list in which everything is off (false, null, empty). Values named here count as off. */
  off?: Record<string, unknown>;
  /** The reason: the end of the sentence `must be …, because …`. */
  because: string;
  /** Whether GET shows the first value. Default: yes, if there is exactly one value and it is not empty. */
  shown?: boolean;
};

/** By the path of the field in the body: properties after a dot, items of lists as `*`. */
export type Effects = Record<string, Effect>;

/** The keyword in which a schema carries its effect, for the validator and for readers of the reference. */
export const EFFECT = 'x-effect';

type Node = TSchema & {
  [EFFECT]?: Effect;
  properties?: Record<string, Node>;
  items?: Node;
  description?: string;
};

/**
 * The schema of a body, changed so that it refuses values without effect.
 * @throws at start-up if a field does not exist
 */
export function withEffects<T extends TSchema>(schema: T, effects: Effects): T {
  return changedAt(schema, effects, (field, effect) => ({ ...field, [EFFECT]: effect }));
}

/** The same schema for the reference, with a description of the values that are refused. */
export function explained<T extends TSchema>(schema: T, effects: Effects): T {
  return changedAt(schema, effects, (field, effect) => {
    const before = field.description === undefined ? [] : [field.description.replace(/\.$/, '')];
    return { ...field, description: [...before, capital(sentenceOf(effect))].join('. ') };
  });
}

type Change = (field: Node, effect: Effect) => Node;

function changedAt<T extends TSchema>(schema: T, effects: Effects, change: Change): T {
  return Object.entries(effects).reduce<Node>(
    (whole, [path, effect]) => withPart(whole, path.split('.'), (part) => change(part, effect)),
    schema,
  ) as T;
}

function withPart(schema: Node, [name, ...rest]: string[], change: (part: Node) => Node): Node {
  if (name === undefined) return change(schema);
  const part = name === '*' ? schema.items : schema.properties?.[name];
  if (part === undefined) throw new Error(`There is no field ${name} to have an effect.`);
  const changed = withPart(part, rest, change);
  return name === '*'
    ? { ...schema, items: changed }
    : { ...schema, properties: { ...schema.properties, [name]: changed } };
}

/** Whether a value has an effect. `null`, where it is allowed, restores the default. */
export function hasEffect({ only, off }: Effect, value: unknown): boolean {
  if (value === null || only.some((candidate) => isDeepStrictEqual(candidate, value))) return true;
  return off !== undefined && isOff(value, off);
}

function isOff(value: unknown, alsoOff: unknown): boolean {
  if (value === null || value === false || value === '') return true;
  if (Array.isArray(value) && value.length === 0) return true;
  if (alsoOff !== undefined && isDeepStrictEqual(value, alsoOff)) return true;
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  const also: Record<string, unknown> = { ...(alsoOff as object | undefined) };
  return Object.entries(value).every(([name, one]) => isOff(one, also[name]));
}

/** Returns the values that the field can have, and why: `must be false, because …`. */
export function sentenceOf({ only, off, because }: Effect): string {
  const values = only.map((each) =>
    typeof each === 'string' && each !== '' ? each : written(each),
  );
  if (off !== undefined) return `must be turned off, because ${because}`;
  if (values.length === 0) return `must be left out, because ${because}`;
  return `must be ${new Intl.ListFormat('en', { type: 'disjunction' }).format(values)}, because ${because}`;
}

function written(value: unknown): string {
  if (value === '') return 'an empty text';
  return isDeepStrictEqual(value, []) ? 'an empty list' : JSON.stringify(value);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * Refuses a value that the schema cannot check, with the message of the validator.
 * @throws ApiError 400
 */
export function refuseWithoutEffect(path: string, effect: Effect, value: unknown): void {
  if (value === undefined || hasEffect(effect, value)) return;
  throw badRequest(`Payload validation error: '${sentenceOf(effect)}' on property ${path}.`);
}

/** Whether a field has exactly one value, and that value is worth showing. */
function saysAll(path: string, only: readonly unknown[]): boolean {
  const [value, ...others] = only;
  const says = typeof value === 'boolean' || typeof value === 'number' || Boolean(value);
  return says && typeof value !== 'object' && others.length === 0 && !path.includes('*');
}

/**
 * The fields with one value, as GET shows them: what Usher does anyway.
 * @param over the other fields; they override the former
 */
export function shownBy<T extends Record<string, unknown>>(
  effects: Effects,
  over = {} as T,
): T & Record<string, unknown> {
  const whole: Record<string, unknown> = {};
  for (const [path, { only, shown }] of Object.entries(effects)) {
    if (!(shown ?? saysAll(path, only))) continue;
    const names = path.split('.');
    const last = names.pop() ?? '';
    let part = whole;
    for (const name of names) {
      const below: Record<string, unknown> = { ...(part[name] as object | undefined) };
      part[name] = below;
      part = below;
    }
    part[last] = only[0];
  }
  return laidOver(whole, over) as T & Record<string, unknown>;
}

function laidOver(under: Record<string, unknown>, over: Record<string, unknown>) {
  const whole = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const below = under[name];
    if (value !== undefined) {
      whole[name] = isObject(value) && isObject(below) ? laidOver(below, value) : value;
    }
  }
  return whole;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The fields that are worth storing: those that can have more than one value. Works on a body and on what an earlier version
 * stored.
 */
export function worthKeeping(
  values: Record<string, unknown>,
  effects: Effects,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => (effects[name]?.only.length ?? 2) > 1),
  );
}
