/** A legacy user database in an LDAP directory. */
export type LdapSettings = {
  type: 'ldap';
  security: 'ldaps' | 'starttls' | 'off';
  /** Certificates in PEM that are trusted instead of the well-known ones. */
  ca: string | null;
  host: string;
  port: number;
  /** Account that searches. `null`: searches are anonymous. */
  bindDn: string | null;
  bindPassword: string;
  /** Where users are searched. */
  baseDn: string;
  /** Filter (RFC 4515) with `{identifier}`. */
  filter: string | null;
  /** DN with `{identifier}`, for directories in which the name says it all. */
  dnTemplate: string | null;
  /** Attribute of the directory by the attribute of the profile. */
  attributes: Record<string, string>;
  /** Whether the directory vouches for all its addresses. */
  areEmailsVerified: boolean;
  /** Filter of all users, to count them. */
  countFilter: string | null;
  timeoutMs: number;
  maxConnections: number;
};
