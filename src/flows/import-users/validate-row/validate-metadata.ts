import { reservedKeyOf } from '../../../records/metadata/metadata.ts';
import type { JsonObject, Problems } from './validate-problems.ts';
import { isJsonObject, readObject, report } from './validate-problems.ts';

export function readAppMetadata(
  value: unknown,
  path: string,
  problems: Problems,
): JsonObject | undefined {
  const metadata = readUserMetadata(value, path, problems);
  if (!metadata) return undefined;
  for (const key of Object.keys(metadata)) {
    if (reservedKeyOf({ [key]: true }) === undefined) continue;
    report(
      problems,
      'NOT_PASSED',
      `${path}.${key}`,
      `${path} may not hold ${key}, which is reserved: rename it or move it to user_metadata.`,
    );
  }
  return metadata;
}

export function readUserMetadata(
  value: unknown,
  path: string,
  problems: Problems,
): JsonObject | undefined {
  const metadata = readObject(value, path, problems);
  if (metadata) refusePrototypeKeys(metadata, path, problems);
  return metadata;
}

/** Assigning an object's own `__proto__` key changes a prototype, so the name never gets in. */
function refusePrototypeKeys(value: unknown, path: string, problems: Problems): void {
  if (typeof value !== 'object' || value === null) return;
  if (!isJsonObject(value)) {
    for (const [index, item] of Object.entries(value)) {
      refusePrototypeKeys(item, `${path}[${index}]`, problems);
    }
    return;
  }
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (key === '__proto__') {
      report(
        problems,
        'NOT_PASSED',
        `${path}.${key}`,
        'A property can’t be named __proto__: rename it.',
      );
    } else if (typeof item === 'object') refusePrototypeKeys(item, `${path}.${key}`, problems);
  }
}
