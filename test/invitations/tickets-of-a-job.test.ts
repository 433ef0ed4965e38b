import { expect, test } from 'vitest';
import { markDomainVerified } from '../../src/records/custom-domains/custom-domains.ts';
import { startServer } from '../harness/harness.ts';

test('a HEAD request for a job’s links does not use them up', async () => {
  const server = await startServer();
  await server.api('POST', '/api/v2/users', {
    connection: 'Username-Password-Authentication',
    email: 'ada@example.test',
    verify_email: false,
  });
  const { body: job } = await server.api<{ id: string }>(
    'POST',
    '/api/v2/jobs/password-change-tickets',
    { recipients: ['ada@example.test'] },
  );
  const path = `/api/v2/jobs/${job.id}/tickets`;
  await expect
    .poll(async () => (await server.api('HEAD', path)).status, { timeout: 20_000 })
    .toBe(200);
  // Links begin with the default domain, like those of single tickets.
  const domain = { domain: 'id.tickets.test', type: 'self_managed_certs' };
  const made = await server.api<{ custom_domain_id: string }>(
    'POST',
    '/api/v2/custom-domains',
    domain,
  );
  await markDomainVerified(server.app.deps.db, made.body.custom_domain_id, new Date());
  await server.api('PATCH', '/api/v2/custom-domains/default', { domain: domain.domain });
  const links = await server.api('GET', path);
  expect(links.status).toBe(200);
  expect(links.text).toContain('https://id.tickets.test/u/reset-verify?ticket=');
  expect((await server.api('GET', path)).status).toBe(410);
  await server.close();
});
