/** Intended differences from the official document. Each line is checked and fails once it is no longer true. */

/** Routes that only we have. */
export const OURS_ALONE: string[] = [
  'DELETE /connections/{}/scripts/cases/{}',
  'DELETE /invitations/{}',
  'GET /attack-protection/text-messages',
  'GET /connections/{}/migration',
  'GET /connections/{}/scripts/cases',
  'GET /connections/{}/scripts/lint',
  'GET /connections/{}/scripts/logs',
  'GET /emails/outbox',
  'GET /guardian/policies/rules',
  'GET /invitations',
  'GET /invitations/{}',
  'GET /jobs',
  'GET /jobs/{}/report',
  'GET /jobs/{}/tickets',
  'PATCH /attack-protection/text-messages',
  'POST /connections/{}/migration/finish',
  'POST /connections/{}/scripts/try',
  'POST /email-templates/{}/preview',
  'POST /email-templates/{}/test',
  'POST /invitations',
  'POST /invitations/{}/resend',
  'POST /jobs/password-change-tickets',
  'PUT /guardian/policies/rules',
];

/** Scopes other than those of the document's list, which also names scopes that only widen another scope's view. */
export const OTHER_SCOPES: Record<string, { ours: string[]; because: string }> = {
  'GET /clients/{}/connections': {
    ours: ['read:connections'],
    because: 'its own words for 403 want read:connections in any case',
  },
  'GET /users/{}/organizations': {
    ours: ['read:organizations', 'read:users'],
    because: 'its own words for 403 name both',
  },
  'PATCH /clients/{}': {
    ours: ['update:client_credentials', 'update:client_keys', 'update:clients'],
    because: 'Usher has no token vault',
  },
  'POST /keys/signing/rotate': {
    ours: ['create:signing_keys'],
    because: 'both are needed together; the other one is looked at as well',
  },
  'POST /organizations': {
    ours: ['create:organizations'],
    because: 'create:organization_connections only lets a new organization begin with connections',
  },
};

/** Success statuses other than the document's, and why. */
export const OTHER_STATUSES: Record<string, { ours: string[]; because: string }> = {
  'PATCH /clients/{}/credentials/{}': { ours: ['200'], because: 'recorded so' },
  'DELETE /roles/{}/permissions': { ours: ['204'], because: 'recorded so' },
  'GET /guardian/factors/sms/templates': {
    ours: ['200'],
    because: 'there always are templates: those that come with the server',
  },
  'POST /organizations/{}/invitations': { ours: ['201'], because: 'recorded so' },
};

/** Query parameters of the document that we refuse. */
export const OTHER_QUERY: Record<string, string[]> = {};

/** Open request bodies that the document closes. The server ignores their content. */
export const OPEN_BODIES: string[] = [
  'PATCH /attack-protection/bot-detection',
  'PATCH /attack-protection/captcha',
  'PATCH /attack-protection/phone-provider-protection',
];

/** Closed request bodies that the document opens, because a misspelt field would be lost without an error. */
export const CLOSED_BODIES: string[] = [
  'DELETE /organizations/{}/members',
  'PATCH /users/{}',
  'POST /organizations/{}/members',
];

/** Properties of closed request bodies that we refuse. */
export const UNKNOWN_FIELDS: Record<string, string[]> = {};

/**
 * Real answers that differ from the document, as prefixes of the recorder's lines (test/harness/recorder.ts). Where
 * recorded traffic contradicts the document, our answer equals the traffic.
 */
export const OTHER_ANSWERS: string[] = [
  // The answer has the whole object, as in GET. The document names only a part.
  'PATCH /prompts/rendering 200: /configs/*/tenant',
  'PATCH /users/{}/authentication-methods/{} 200: ',
  'POST /custom-domains/{}/verify 200: ',
  'POST /users/{}/authentication-methods 201: ',
  'PUT /users/{}/authentication-methods 200: ',
  'PATCH /clients/{}/credentials/{} 200: is not one of the statuses in the document',
  'DELETE /roles/{}/permissions 204: is not one of the statuses in the document',
  'POST /organizations/{}/invitations 201: is not one of the statuses in the document',
  // With format=csv, which is ours.
  'GET /jobs/{}/errors 200: /: string, not array or object',
  // Recorded so.
  'GET /attack-protection/suspicious-ip-throttling 200: /stage/pre-custom-token-exchange',
  'PATCH /attack-protection/suspicious-ip-throttling 200: /stage/pre-custom-token-exchange',
  // Older clients read it, and recorded answers have it.
  'GET /clients/{}/connections 200: /connections/*/enabled_clients: not in the document',
  'GET /connections 200: /*/enabled_clients: not in the document',
  'GET /connections 200: /connections/*/enabled_clients: not in the document',
  'GET /connections/{} 200: /enabled_clients: not in the document',
  'PATCH /connections/{} 200: /enabled_clients: not in the document',
  'POST /connections 201: /enabled_clients: not in the document',
  // Users of all connections, so the job names none.
  'POST /jobs/users-exports 200: /connection: missing',
  // The position of the refused row in the file.
  'GET /jobs/{}/errors 200: /*/row_number: not in the document',
  // An option of our own.
  'GET /resource-servers 200: /resource_servers/*/roles_claim: not in the document',
  'GET /resource-servers 200: /*/roles_claim: not in the document',
  'GET /resource-servers/{} 200: /roles_claim: not in the document',
  'PATCH /resource-servers/{} 201: /roles_claim: not in the document',
  'POST /resource-servers 201: /roles_claim: not in the document',
  // Documented with the tokens of providers, for callers who may see them.
  'GET /users 200: /*/identities/*/expires_in: not in the document',
  'GET /users 200: /users/*/identities/*/expires_in: not in the document',
  'GET /users-by-email 200: /*/identities/*/expires_in: not in the document',
  'GET /users/{} 200: /identities/*/expires_in: not in the document',
  'PATCH /users/{} 200: /identities/*/expires_in: not in the document',
  'POST /users 201: /identities/*/expires_in: not in the document',
  'POST /users/{}/identities 201: /*/expires_in: not in the document',
  'DELETE /users/{}/identities/{}/{} 200: /*/expires_in: not in the document',
  // How a user came from a legacy directory.
  'GET /users 200: /*/migrated: not in the document',
  'GET /users 200: /users/*/migrated: not in the document',
  'GET /users-by-email 200: /*/migrated: not in the document',
  'GET /users/{} 200: /migrated: not in the document',
  'PATCH /users/{} 200: /migrated: not in the document',
  'POST /users 201: /migrated: not in the document',
  // What an invitation carries besides.
  ...['/*', '/invitations/*'].flatMap((each) =>
    ['connections', 'permissions', 'data', 'email_policy', 'renewable'].map(
      (name) => `GET /organizations/{}/invitations 200: ${each}/${name}: not in the document`,
    ),
  ),
  ...['connections', 'permissions', 'data', 'email_policy', 'renewable'].map(
    (name) => `GET /organizations/{}/invitations/{} 200: /${name}: not in the document`,
  ),
  // What an action wrote to its console.
  'GET /actions/executions/{} 200: /results/*/console: not in the document',
  // Users can be read by checkpoint too.
  'GET /users 200: /next: not in the document',
];

/** Values of request bodies that the document accepts and we refuse. */
export const STRICTER: string[] = [
  // A guess of a short secret would give access as the client.
  'PATCH /clients/{} /client_secret: at least 16',
  // A default organization for no flow has no effect.
  'PATCH /clients/{} /default_organization/flows: at least 1',
  'POST /clients /default_organization/flows: at least 1',
  // A token that is never valid, and a username without characters or with half a one.
  'PATCH /clients/{} /jwt_configuration/lifetime_in_seconds: at least 1',
  'POST /clients /jwt_configuration/lifetime_in_seconds: at least 1',
  ...['POST /connections', 'PATCH /connections/{}'].flatMap((name) => [
    `${name} /options/attributes/username/validation/max_length: no number`,
    `${name} /options/attributes/username/validation/min_length: no number`,
    `${name} /options/validation/username/max: at least 1`,
  ]),
  // The only syntax. The document describes it in prose.
  'POST /email-templates /syntax: only 2 values',
  'PUT /email-templates/{} /syntax: only 2 values',
  'PATCH /email-templates/{} /syntax: only 2 values',
  // Its values are alternatives in the document, which the shapes leave out.
  'POST /custom-domains /custom_client_ip_header: only 6 values',
  'PATCH /custom-domains/{} /custom_client_ip_header: only 6 values',
  // Parts of a form are texts.
  'POST /jobs/users-imports /send_completion_email: no boolean',
  'POST /jobs/users-imports /send_completion_email: only 2 values',
  'POST /jobs/users-imports /upsert: no boolean',
  'POST /jobs/users-imports /upsert: only 2 values',
  // A gradient without its colors has no effect.
  'PATCH /branding /colors/page_background/end: must be there',
  'PATCH /branding /colors/page_background/start: must be there',
  'PATCH /branding /colors/page_background/type: must be there',
  // A package, a secret or an action without a name.
  ...['POST /actions/actions', 'PATCH /actions/actions/{}'].flatMap((name) => [
    `${name} /dependencies/*/name: must be there`,
    `${name} /secrets/*/name: must be there`,
    // The document describes its values in prose.
    `${name} /runtime: only 5 values`,
  ]),
  'PATCH /actions/triggers/{}/bindings /bindings/*/ref/type: must be there',
  'PATCH /actions/triggers/{}/bindings /bindings/*/ref/value: must be there',
  // Rules are counted in whole numbers.
  'POST /rules /order: no number',
  'PATCH /rules/{} /order: no number',
];
