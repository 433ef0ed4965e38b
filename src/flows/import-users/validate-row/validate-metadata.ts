import { reservedKeyOf } from '../../../records/metadata/metadata.ts';
import type { JsonObject, Problems } from './validate-problems.ts';
import { isJsonObject, readObject, report } from './validate-problems.ts';

/** Reads `app_metadata`, which must not contain reserved names. */
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
      `${path} must not contain ${key}, which is reserved. Rename it or move it to user_metadata.`,
    );
  }
  return metadata;
}

/** Reads `user_metadata`. */
export function readUserMetadata(
  value: unknown,
  path: string,
  problems: Problems,
): JsonObject | undefined {
  const metadata = readObject(value, path, problems);
  if (metadata) refusePrototypeKeys(metadata, path, problems);
  return metadata;
}

/** Refuses keys named `__proto__`: assigning one would change a prototype. */
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
        'A property cannot have the name __proto__. Rename it.',
      );
    } else if (typeof item === 'object') refusePrototypeKeys(item, `${path}.${key}`, problems);
  }
}
