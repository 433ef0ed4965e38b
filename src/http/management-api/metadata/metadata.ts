import { reservedKeyOf } from '../../../records/metadata/metadata.ts';
import { badRequest } from '../route/route.ts';

/** @throws ApiError 400 for a key that app_metadata cannot contain */
export function refuseReserved(appMetadata: Record<string, unknown> | null | undefined): void {
  const key = reservedKeyOf(appMetadata);
  if (key !== undefined) {
    throw badRequest(
      `Payload validation error: 'Invalid property ${key}' on property app_metadata.`,
    );
  }
}

/** Refuses metadata keys that would hide the profile or that cannot be stored. */
export function refuseMetadata(body: {
  app_metadata?: Record<string, unknown> | null;
  user_metadata?: Record<string, unknown> | null;
}): void {
  refuseReserved(body.app_metadata);
  for (const part of ['app_metadata', 'user_metadata'] as const) {
    const text = JSON.stringify(body[part] ?? {});
    if (/\\u0000|\\ud[89a-f]/i.test(text)) {
      throw badRequest(
        `Payload validation error: 'NUL and unpaired surrogates cannot be stored' on property ${part}.`,
      );
    }
    for (const key of Object.keys(body[part] ?? {})) {
      if (/[.$]/.test(key)) {
        throw badRequest(
          `Payload validation error: 'Keys cannot contain . or $' on property ${part}.${key}.`,
        );
      }
    }
  }
}
