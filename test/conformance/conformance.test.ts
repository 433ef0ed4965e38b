import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MountedApi } from '../../src/http/management-api/management-api.ts';
import { startManagementApi } from '../management-api/fixture.ts';
import {
  CLOSED_BODIES,
  OPEN_BODIES,
  OTHER_QUERY,
  OTHER_SCOPES,
  OTHER_STATUSES,
  OURS_ALONE,
  STRICTER,
  UNKNOWN_FIELDS,
} from './differences.ts';
import { type Operation, plainPath, type Shape, type Shapes } from './shape.ts';
import { stricter } from './stricter.ts';

// Compares our routes with the part of the official document in shapes.json (see scripts/shapes.ts).
const { operations }: Shapes = JSON.parse(
  readFileSync(join(import.meta.dirname, 'shapes.json'), 'utf8'),
);
type RouteInfo = MountedApi['routes'][number];
const nameOf = ({ method, url }: Pick<RouteInfo, 'method' | 'url'>) =>
  `${method} ${plainPath(url)}`;
const official = new Map(
  operations.map((operation) => [`${operation.method} ${operation.path}`, operation]),
);
let routes: Map<string, RouteInfo>;
let shared: { name: string; route: RouteInfo; operation: Operation }[];

beforeAll(async () => {
  const api = await startManagementApi();
  routes = new Map(api.routes.map((route) => [nameOf(route), route]));
  shared = [...routes].flatMap(([name, route]) => {
    const operation = official.get(name);
    return operation ? [{ name, route, operation }] : [];
  });
});

/** Both sides of a comparison by route, without equal ones. */
function differences<T>(
  look: (each: (typeof shared)[number]) => { ours: T; theirs: T; same: boolean },
): Record<string, { ours: T; theirs: T }> {
  return Object.fromEntries(
    shared.flatMap((each) => {
      const { same, ...both } = look(each);
      return same ? [] : [[each.name, both]];
    }),
  );
}
const oursIn = <T>(found: Record<string, { ours: T }>) =>
  Object.fromEntries(Object.entries(found).map(([name, one]) => [name, one.ours]));
const sorted = (values: Iterable<string>) => [...values].sort();
const without = (all: readonly string[], some: readonly string[]) =>
  sorted(all.filter((candidate) => !some.includes(candidate)));

describe('our routes', () => {
  test('are in the official document, except for our own', () => {
    expect(sorted([...routes.keys()].filter((name) => !official.has(name)))).toEqual(
      sorted(OURS_ALONE),
    );
    console.info(`${shared.length} operations are compared with the official document.`);
  });

  test('include all that the shapes describe', () => {
    expect([...official.keys()].filter((name) => !routes.has(name))).toEqual([]);
  });

  test('require the same scopes', () => {
    const found = differences(({ route, operation }) => {
      const [ours, theirs] = [sorted(route.scopes), operation.scopes];
      return { ours, theirs, same: ours.join() === theirs.join() };
    });
    expect(oursIn(found)).toEqual(oursIn(OTHER_SCOPES));
  });

  test('succeed with the same statuses', () => {
    const found = differences(({ route, operation }) => {
      const ours = sorted(route.statuses.map(String));
      const theirs = sorted(Object.keys(operation.answers));
      return { ours, theirs, same: ours.join() === theirs.join() };
    });
    expect(oursIn(found)).toEqual(oursIn(OTHER_STATUSES));
  });

  test('accept every query parameter that the document names', () => {
    const found = differences(({ route, operation }) => {
      const missing = without(operation.query, route.query);
      return { ours: missing, theirs: [], same: missing.length === 0 };
    });
    expect(oursIn(found)).toEqual(OTHER_QUERY);
  });
});

describe('request bodies', () => {
  const propertiesOf = (body: unknown): string[] => {
    const schema = body as { properties?: object; anyOf?: unknown[] } | undefined;
    return schema?.anyOf?.flatMap(propertiesOf) ?? Object.keys(schema?.properties ?? {});
  };
  const isClosed = (body: unknown): boolean => {
    const schema = body as
      | { additionalProperties?: unknown; anyOf?: unknown[]; properties?: object }
      | undefined;
    const objects = schema?.anyOf?.filter(
      (candidate) => candidate instanceof Object && 'properties' in candidate,
    );
    return objects?.every(isClosed) ?? schema?.additionalProperties === false;
  };
  const requiredOf = (body: unknown): string[] =>
    (body as { required?: string[] } | undefined)?.required ?? [];

  test('exist if the document has one', () => {
    expect(
      differences(({ route, operation }) => ({
        ours: route.body !== undefined,
        theirs: operation.body !== undefined,
        same: (route.body !== undefined) === (operation.body !== undefined),
      })),
    ).toEqual({});
  });

  test('refuse unknown properties if the document does, and if we say so', () => {
    const found = differences(({ route, operation }) => {
      const [ours, theirs] = [isClosed(route.body), operation.body?.closed === true];
      const comparable = operation.body?.properties !== undefined;
      return { ours, theirs, same: !comparable || ours === theirs };
    });
    expect(sorted(Object.keys(found))).toEqual(sorted([...OPEN_BODIES, ...CLOSED_BODIES]));
  });

  test('accept every property that the document names', () => {
    const found = differences(({ route, operation }) => {
      const theirs = Object.keys((operation.body as Shape | undefined)?.properties ?? {});
      const missing = isClosed(route.body) ? without(theirs, propertiesOf(route.body)) : [];
      return { ours: missing, theirs: [], same: missing.length === 0 };
    });
    expect(oursIn(found)).toEqual(UNKNOWN_FIELDS);
  });

  test('require no property that the document does not', () => {
    expect(
      differences(({ route, operation }) => {
        const more = without(requiredOf(route.body), operation.body?.required ?? []);
        return { ours: more, theirs: [], same: more.length === 0 };
      }),
    ).toEqual({});
  });

  test('refuse no value that the document accepts', () => {
    const found = shared.flatMap(({ name, route, operation }) =>
      route.body && operation.body
        ? stricter(route.body, operation.body).map((each) => `${name} ${each}`)
        : [],
    );
    expect(sorted(found)).toEqual(sorted(STRICTER));
  });
});
