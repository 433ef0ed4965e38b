/** A user of an import. Absent fields are left to defaults, or as they are when the user exists. */
export type BulkUser = {
  /** With its prefix, `auth0|…`. */
  id: string;
  /** Absent: somebody who is there already, found by the id. */
  email?: string;
  emailVerified?: boolean;
  username?: string;
  phoneNumber?: string;
  phoneVerified?: boolean;
  name?: string;
  givenName?: string;
  familyName?: string;
  nickname?: string;
  picture?: string;
  blocked?: boolean;
  appMetadata?: Record<string, unknown>;
  userMetadata?: Record<string, unknown>;
  mfaFactors?: unknown[];
  /** These go into what is there, instead of taking its place. */
  partial?: ('app_metadata' | 'user_metadata')[];
};

/** One who may be new. */
export type NewBulkUser = BulkUser & { email: string };

export type BulkInput = { connectionId: string; jobId: string; users: BulkUser[]; now: Date };
