/**
 * Keys that app_metadata cannot have: names of the profile itself, which it would hide (spec §1.1), and `usher`, where this server records
 * its administrators. Otherwise every client that may write users could create administrators.
 */
const RESERVED = new Set([
  '__tenant',
  '_id',
  'blocked',
  'clientID',
  'created_at',
  'email_verified',
  'email',
  'globalClientID',
  'global_client_id',
  'identities',
  'lastIP',
  'lastLogin',
  'loginsCount',
  'metadata',
  'multifactor_last_modified',
  'multifactor',
  'updated_at',
  'user_id',
  'usher',
]);

/** Returns the first reserved key of this app_metadata, or `undefined`. */
export function reservedKeyOf(appMetadata: object | null | undefined): string | undefined {
  return Object.keys(appMetadata ?? {}).find((key) => RESERVED.has(key));
}

/** Returns whether metadata exceeds a number of bytes, as stored JSON. */
export function exceeds(metadata: object | null | undefined, maxBytes: number): boolean {
  return metadata ? Buffer.byteLength(JSON.stringify(metadata)) > maxBytes : false;
}
