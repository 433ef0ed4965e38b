/**
 * Keys that app_metadata can't hold: names of the profile itself, which it would hide (spec §1.1), and `usher`, where this
 * server keeps who administers it: whoever may write users must not thereby make administrators.
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

/** The first key of this app_metadata that is reserved, if there is one. */
export function reservedKeyOf(appMetadata: object | null | undefined): string | undefined {
  return Object.keys(appMetadata ?? {}).find((key) => RESERVED.has(key));
}

/** Whether metadata takes more than so many bytes, as the JSON it is kept as. */
export function exceeds(metadata: object | null | undefined, maxBytes: number): boolean {
  return metadata ? Buffer.byteLength(JSON.stringify(metadata)) > maxBytes : false;
}
