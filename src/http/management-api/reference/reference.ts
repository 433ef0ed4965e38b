import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

const INTRODUCTION = `
Users reach an application through Usher by a bulk import, by an invitation, or by their first login. With this API, your
programs control how. Its paths, bodies and error messages are those of the Auth0 Management API v2. SDKs and tools for
that API work with Usher, within the features that this version has.

### Authentication

Every request needs an access token: \`Authorization: Bearer <token>\`. A program gets one with its own credentials:

\`\`\`sh
curl {publicUrl}/oauth/token \\
  --data grant_type=client_credentials \\
  --data client_id=$CLIENT_ID --data client_secret=$CLIENT_SECRET \\
  --data-urlencode audience={publicUrl}/api/v2/
\`\`\`

The first application comes from the environment (\`USHER_BOOTSTRAP_CLIENT_ID\`, \`USHER_BOOTSTRAP_CLIENT_SECRET\`) and has
all scopes. Create more applications with \`POST /api/v2/clients\`, and give them scopes with \`POST /api/v2/client-grants\`.
Each route below names the scope that it requires.

### Importing users

1. Send a file to \`POST /api/v2/jobs/users-imports\` as \`multipart/form-data\` (field \`users\`), with the \`connection_id\` of
   the connection that receives the users. The response is 202 with a job.
2. Read \`GET /api/v2/jobs/{id}\` until its \`status\` is \`completed\`.
3. Read \`GET /api/v2/jobs/{id}/errors\` for the rows that were refused, each with the reason.

After the 202 response, Usher finishes the job even if the server restarts.

\`\`\`sh
curl {publicUrl}/api/v2/jobs/users-imports -H "Authorization: Bearer $TOKEN" \\
  -F connection_id=con_… -F users=@people.json
\`\`\`

### Errors

\`{"statusCode":400,"error":"Bad Request","message":"…","errorCode":"invalid_body"}\`. Programs should compare \`errorCode\` if
it is present. The message names the property and the problem. The \`x-request-id\` header identifies the request in the
log of the server.

### Lists

Pages by number: \`page\` and \`per_page\` (maximum: 100). With \`include_totals=true\`, the response is an object with the total.
Pages by checkpoint: \`take\` and \`from\`, where \`from\` is the \`next\` of the previous response.
`;

const TAGS = [
  {
    name: 'jobs',
    description: 'Imports, exports and other long work, with progress and errors by row',
  },
  { name: 'users', description: 'Users, their identities, roles, sessions and second factors' },
  { name: 'invitations', description: 'Invitations to applications, and their state' },
  { name: 'tickets', description: 'One-time links to set a password or verify an email address' },
  { name: 'connections', description: 'Connections, and the applications that use them' },
  { name: 'clients', description: 'Applications and their credentials' },
  { name: 'client-grants', description: 'Scopes of an API that an application can request' },
  { name: 'resource-servers', description: 'APIs that access tokens are issued for' },
  { name: 'email-templates', description: 'Texts of the emails' },
  { name: 'emails', description: 'The mail server, and the emails that wait to be sent' },
  {
    name: 'organizations',
    description: 'Organizations, their members, connections and invitations',
  },
  { name: 'roles', description: 'Roles, their permissions and their users' },
  { name: 'sessions', description: 'Sessions of users, one for each browser' },
  { name: 'refresh-tokens', description: 'Refresh tokens that applications hold for users' },
  { name: 'grants', description: 'Access that users have granted to applications' },
  {
    name: 'guardian',
    description: 'Second factors: those that are enabled, policies and enrollments',
  },
  {
    name: 'attack-protection',
    description: 'Limits for wrong passwords, addresses and breached passwords',
  },
  { name: 'user-blocks', description: 'Users that are blocked after too many wrong passwords' },
  { name: 'anomaly', description: 'Addresses that are blocked after too many wrong passwords' },
  { name: 'branding', description: 'Colors, logos, themes and the template of the pages' },
  {
    name: 'prompts',
    description: 'Texts of the pages by language, and parts that you insert into pages',
  },
  { name: 'custom-domains', description: 'Domains of your own for pages and links' },
  { name: 'tenants', description: 'Settings of the tenant' },
  { name: 'keys', description: 'Keys that sign tokens: rotate and revoke them' },
  { name: 'logs', description: 'The tenant log: what users and API clients did' },
  { name: 'stats', description: 'Number of active users, and of logins and sign-ups each day' },
  {
    name: 'not offered',
    description: 'Routes that clients expect and that Usher answers without having the feature',
  },
];

// Swagger UI sets styles in attributes. Scripts come only from this server.
const POLICY = {
  'default-src': "'none'",
  'base-uri': "'none'",
  'connect-src': "'self'",
  'font-src': "'self' data:",
  'form-action': "'self'",
  'frame-ancestors': "'none'",
  'img-src': "'self' data:",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
};

/** Collects the routes that are registered on `scope` later into an OpenAPI document, and shows it under /docs. */
export async function registerReference(
  scope: FastifyInstance,
  options: { publicUrl: string },
): Promise<void> {
  await scope.register(swagger, {
    hideUntagged: true,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Usher management API',
        description: INTRODUCTION.replaceAll('{publicUrl}', options.publicUrl),
        version: '2',
      },
      servers: [{ url: options.publicUrl }],
      tags: TAGS,
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: `Access token for the audience \`${options.publicUrl}/api/v2/\``,
          },
        },
      },
    },
  });
  await scope.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: POLICY,
    uiConfig: {
      docExpansion: 'none',
      deepLinking: true,
      persistAuthorization: false,
      validatorUrl: null,
    },
    theme: {
      title: 'Usher management API',
      css: [{ filename: 'usher.css', content: '.swagger-ui .topbar { display: none; }' }],
    },
  });
}
