import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { trustedCertificate } from '../harness/certificate.ts';
import { startServer } from '../harness/harness.ts';
import { configureTenant } from './configured-tenant.ts';
import { type Run, readFolder, runDeployCli } from './run-deploy-cli.ts';

// Values that no export has, so that the importer must supply them.
const SECRETS = {
  SMTP_USER: 'meadow',
  SMTP_PASS: 'over-the-hills',
};

let certificate: Awaited<ReturnType<typeof trustedCertificate>>;
let work: string;

beforeAll(async () => {
  certificate = await trustedCertificate();
  work = await mkdtemp(join(tmpdir(), 'usher-deploy-cli-'));
});

afterAll(async () => {
  certificate?.remove();
  await rm(work, { recursive: true, force: true });
});

function expectNoError({ code, log }: Run): void {
  expect(log).not.toMatch(/error/i);
  expect(code, log).toBe(0);
}

/** Returns everything except the server's random values: the proof that an operator publishes in DNS. */
async function configurationIn(folder: string): Promise<Record<string, unknown>> {
  const files = await readFolder(folder);
  return JSON.parse(
    JSON.stringify(files).replace(/usher-domain-verification=\w+/g, 'usher-domain-verification=…'),
  );
}

test('the deploy CLI exports a tenant, imports it into an empty server, and exports the same again', {
  timeout: 900_000,
}, async () => {
  const { certFile } = certificate;
  const [first, second, copy] = ['first', 'second', 'copy'].map((name) => join(work, name));
  if (!first || !second || !copy) throw new Error('There are three folders.');
  const configured = await startServer({ tls: certificate });
  await configureTenant(configured);
  expectNoError(await runDeployCli(configured, 'export', { folder: first, certFile }));
  await configured.close();

  const empty = await startServer({ tls: certificate });
  // The tool may write into the folder that it reads.
  await cp(first, copy, { recursive: true });
  // No export has the values of secrets, so the operator writes them into the file.
  const greet = join(copy, 'actions/Greet.json');
  const withValue = { ...JSON.parse(await readFile(greet, 'utf8')) };
  withValue.secrets = [{ name: 'KEY', value: 'k1' }];
  await writeFile(greet, JSON.stringify(withValue));
  const config = { AUTH0_KEYWORD_REPLACE_MAPPINGS: SECRETS };
  expectNoError(await runDeployCli(empty, 'import', { folder: copy, certFile, config }));
  expectNoError(await runDeployCli(empty, 'export', { folder: second, certFile }));

  const exported = await configurationIn(first);
  expect(await configurationIn(second)).toEqual(exported);
  // Two empty exports would be equal too.
  expect(Object.keys(exported)).toEqual(
    expect.arrayContaining([
      'tenant.json',
      'branding/branding.json',
      'branding/templates/universal_login.html',
      'themes/theme.json',
      'prompts/custom-text.json',
      'prompts/partials/login/login/form-content-end.liquid',
      'custom-domains/custom-domains.json',
      'emails/provider.json',
      'emails/verify_email.html',
      'clients/Meadow Web.json',
      'clients/Meadow SPA.json',
      'grants/Gardener-Meadow API.json',
      'resource-servers/Meadow API.json',
      'database-connections/Staff/database.json',
      'roles/Picker.json',
      'organizations/north-field.json',
      'guardian/factors/otp.json',
      'guardian/policies.json',
      'attack-protection/brute-force-protection.json',
      'database-connections/Old-Shop/database.json',
      'database-connections/Old-Shop/login.js',
      'database-connections/Old-Shop/get_user.js',
      'actions/Greet.json',
      'actions/Greet/code.js',
      'actions/Not yet.json',
      'triggers/triggers.json',
      'rules/First.js',
      'rules/Second.json',
      'hooks/check.js',
      'hooks/check.json',
    ]),
  );
});
