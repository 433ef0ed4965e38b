/** A user of an import. Absent fields get their defaults, or stay unchanged if the user exists. */
export type BulkUser = {
  /** With its prefix, `auth0|…`. */
  id: string;
  /** Absent for an existing user, who is then found by the id. */
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
  /** These are merged into the existing values instead of replacing them. */
  partial?: ('app_metadata' | 'user_metadata')[];
  /** Only what the existing user lacks is written. */
  gapsOnly?: boolean;
};

/** A user of an import who may be new. */
export type NewBulkUser = BulkUser & { email: string };

export type BulkInput = { connectionId: string; jobId: string; users: BulkUser[]; now: Date };
