/** Maximum size of {@link CampaignPlan.data}, and of the same of one person, as JSON. It must fit in a token. */
export const MAX_DATA_BYTES = 8192;

/** Returns whether the opaque data of an invitation is small enough for a token. */
export function isSmallData(data: Record<string, unknown>): boolean {
  return Buffer.byteLength(JSON.stringify(data)) <= MAX_DATA_BYTES;
}

/** Properties that all invitations of a campaign share. */
export type CampaignPlan = {
  resultUrl?: string;
  /** In seconds. Stored campaigns have this name. */
  ttlSec: number;
  /** Ids of roles. One that is deleted before the acceptance is left out. */
  roles?: string[];
  /** Permissions of APIs that the user gets directly, without a role. */
  permissions?: { apiIdentifier: string; name: string }[];
  appMetadata?: Record<string, unknown>;
  userMetadata?: Record<string, unknown>;
  /** Opaque for Usher, at most 8 KB as JSON. It comes back in the ID token of the accepting login, and nowhere before. */
  data?: Record<string, unknown>;
  templateData?: Record<string, unknown>;
  /** Whether the person may request a new link in place of one that has expired. Default: true. */
  renewable?: boolean;
  inviter?: { name: string };
  /** Host name of links. Default: that of the public URL. */
  customDomain?: string;
  /** Default: true. */
  includeEmailInRedirect?: boolean;
  markEmailVerified: true;
  /** Whether a login that proves the address in another way also accepts the invitation. Default: `any_proof`. */
  inviteeMay?: 'link_only' | 'any_proof';
  /** Connections with which the person may accept. Absent: all that the organization allows, or else the application. */
  connectionIds?: string[];
  /** The organization that the acceptance makes the person a member of. */
  organizationId?: string;
  /** Roles in that organization. */
  memberRoles?: string[];
  /** What happens to a person who can already log in: they are asked, or get everything at once. Default: `ask`. */
  existingUsers?: 'ask' | 'grant';
  /** Whose account may accept. Only verified addresses count. Default: `same`. */
  emailPolicy?: EmailPolicy;
  /** Where links lead: to the login route of the application, which begins the login to the organization. Absent: to our page. */
  linkTo?: 'login_route';
  /** When a person without an account gets one. Default: `on_invite`. */
  createUser?: 'on_invite' | 'on_accept';
  /** JSON Schema of the profile that the acceptance asks for. */
  profileSchema?: Record<string, unknown>;
  /** The names of its properties in their order, which PostgreSQL does not keep. */
  profileOrder?: string[];
  /** Second factors that the acceptance enrolls. */
  factors?: { required: ('any' | 'otp' | 'sms' | 'email' | 'webauthn')[] };
};

/** `same`: the invited address. `same_domain`: an address of its domain. `any_verified`: any address. */
export type EmailPolicy = 'same' | 'same_domain' | 'any_verified';

/** Returns the plan's policy, with the default filled in. */
export function emailPolicyOf(plan: Pick<CampaignPlan, 'emailPolicy'>): EmailPolicy {
  return plan.emailPolicy ?? 'same';
}

/** Returns the schema of the fields as a stored plan keeps it: with the order of its properties beside it. */
export function keptProfileSchema(
  profileSchema: Record<string, unknown>,
): Pick<CampaignPlan, 'profileSchema' | 'profileOrder'> {
  return { profileSchema, profileOrder: Object.keys(Object(profileSchema.properties)) };
}

/** Returns the schema of the fields with its properties in the order in which they were given, or `null`. */
export function profileSchemaOf({
  profileSchema,
  profileOrder = [],
}: Pick<CampaignPlan, 'profileSchema' | 'profileOrder'>): Record<string, unknown> | null {
  if (profileSchema === undefined) return null;
  const { properties } = profileSchema;
  if (typeof properties !== 'object' || properties === null) return profileSchema;
  const placeOf = (name: string) => profileOrder.indexOf(name);
  const inOrder = Object.entries(properties).sort(([a], [b]) => placeOf(a) - placeOf(b));
  return { ...profileSchema, properties: Object.fromEntries(inOrder) };
}
