import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_CONNECTION } from '../../src/records/connections/connections.ts';
import { aPerson } from '../harness/factories.ts';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

let api: ManagementFixture;
let userId: string;
let organizationId: string;

beforeAll(async () => {
  api = await startManagementApi();
  const user = await api.call('POST', '/users', {
    connection: DEFAULT_CONNECTION,
    email: aPerson().email,
    verify_email: false,
  });
  userId = user.body.user_id;
  organizationId = (await api.call('POST', '/organizations', { name: 'meadow' })).body.id;
});

describe.each(['password-change', 'email-verification'])('a ticket of %s', (kind) => {
  const ticket = (more: object) =>
    api.call('POST', `/tickets/${kind}`, { user_id: userId, ...more });

  test('names an organization only for its members', async () => {
    const refused = await ticket({ organization_id: organizationId });
    expect([refused.status, refused.body.message]).toEqual([
      400,
      `The user with id ${userId} is not a member of organization with id ${organizationId}.`,
    ]);
    const members = `/organizations/${organizationId}/members`;
    await api.call('POST', members, { members: [userId] });
    expect((await ticket({ organization_id: organizationId })).status).toBe(201);
    await api.call('DELETE', members, { members: [userId] });
  });
});

test('verifies the e-mail of an identity of any provider that the user has', async () => {
  const answer = await api.call('POST', '/tickets/email-verification', {
    user_id: userId,
    identity: { user_id: '1234', provider: 'google-oauth2' },
  });
  expect([answer.status, answer.body.message]).toEqual([
    400,
    'The user exists, but does not contain the given identity.',
  ]);
});
