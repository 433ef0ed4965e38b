import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { type ExampleOptions, startExampleApp } from '../app/app.ts';

const read = (...path: string[]) => readFileSync(join(import.meta.dirname, ...path), 'utf8');

/** Starts an application that accepts invitations on a page of its own, `/join`. It is also the application that people then use. */
export function startOwnForm(
  options: ExampleOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const issuer = options.issuer.replace(/\/$/, '');
  const page = read('join.html')
    .replace('{issuer}', issuer)
    .replace('{client_id}', encodeURIComponent(options.clientId));
  // The page talks to the server that signs people in, and to nobody else.
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; connect-src ${issuer}; base-uri 'none'; form-action 'none'`;
  // A real application installs the package and bundles it.
  const client = stripTypeScriptTypes(read('../../client/src/invitation-flow.ts'));
  return startExampleApp({
    ...options,
    files: {
      '/join': { type: 'text/html', policy, body: page },
      '/join.js': { type: 'text/javascript', body: read('join.js') },
      '/join.css': { type: 'text/css', body: read('join.css') },
      '/invitation-flow.js': { type: 'text/javascript', body: client },
    },
  });
}
