import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

const INTRODUCTION = `
Usher takes in people who arrive: by a bulk import, by an invitation, or by their first login. This API is how your
programs tell it about them. Paths, bodies and error messages are those of the Auth0 Management API v2, so SDKs and
tools written for it work here for what this version covers.

### Authentication

Every call carries an access token: \`Authorization: Bearer <token>\`. A program gets one for itself:

\`\`\`sh
curl {publicUrl}/oauth/token \\
  --data grant_type=client_credentials \\
  --data client_id=$CLIENT_ID --data client_secret=$CLIENT_SECRET \\
  --data-urlencode audience={publicUrl}/api/v2/
\`\`\`

The first client comes from the environment (\`USHER_BOOTSTRAP_CLIENT_ID\`, \`USHER_BOOTSTRAP_CLIENT_SECRET\`) and may do
everything. More are made with \`POST /api/v2/clients\`, and \`POST /api/v2/client-grants\` says which scopes they get.
Each call below names the scope it needs.

### Importing people

\`POST /api/v2/jobs/users-imports\` takes a file as \`multipart/form-data\` (field \`users\`) and the \`connection_id\` of the
user store they go to. The answer is 202 with a job; read \`GET /api/v2/jobs/{id}\` until its \`status\` is \`completed\`, then
\`GET /api/v2/jobs/{id}/errors\` for the rows that were refused, each with its reason. What was answered 202 is finished
also when the server is restarted meanwhile.

\`\`\`sh
curl {publicUrl}/api/v2/jobs/users-imports -H "Authorization: Bearer $TOKEN" \\
  -F connection_id=con_… -F users=@people.json
\`\`\`

### Errors

\`{"statusCode":400,"error":"Bad Request","message":"…","errorCode":"invalid_body"}\`. Compare \`errorCode\` where there is
one; the message names the property and what was wrong with it. The \`x-request-id\` header finds the call in the
server's log.

### Lists

\`page\`, \`per_page\` (at most 100) and \`include_totals=true\` for an object with the total; or \`take\` and \`from\`, where
\`from\` is the \`next\` of the answer before.
`;

const TAGS = [
  { name: 'jobs', description: 'Imports and other long work, with progress and errors by row' },
  { name: 'users', description: 'People in a user store' },
  { name: 'invitations', description: 'People who were asked to join, and what became of it' },
  { name: 'tickets', description: 'One-time links: set a password, confirm an address' },
  { name: 'connections', description: 'User stores and who may use them' },
  { name: 'clients', description: 'Applications that send people here or call this API' },
  { name: 'client-grants', description: 'Which application gets which scopes of which API' },
  { name: 'resource-servers', description: 'APIs that tokens are made out to' },
  { name: 'email-templates', description: 'Wording of the mails' },
  { name: 'emails', description: 'The mail server that sends them' },
];

// Swagger's page styles elements through attributes; scripts come from this server only.
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

/** Collects the routes registered on `scope` after it into an OpenAPI document, and shows it under /docs. */
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
            description: `An access token for the audience \`${options.publicUrl}/api/v2/\``,
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
