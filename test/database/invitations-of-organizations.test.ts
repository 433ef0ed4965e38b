import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { deriveKeys, linkSecret, sha256 } from '../../src/platform/crypto/crypto.ts';
import {
  findInvitationBySecret,
  invitationState,
  listOpenInOrganization,
} from '../../src/records/invitations/invitations.ts';
import { freshDatabase } from '../harness/harness.ts';

const MIGRATION = '-invitations-of-organizations.sql';

test('a migration moves invitations to organizations, and their links and mails keep working', async () => {
  const database = await freshDatabase();
  const { db } = database;
  const ticketKey = deriveKeys('a-secret-for-tests-only-0123456789abcdef').ticket;
  const { rows: applied } = await sql<{ name: string }>`
    select name from migrations where name like ${`%${MIGRATION}`}`.execute(db);
  const name = applied[0]?.name ?? '';
  await database.execute(`delete from migrations where name = '${name}'; drop index campaigns_created;
    create table organization_invitations (
      id text primary key, organization_id text not null, generation integer not null default 0, secret_hash bytea not null unique,
      client_id text not null, connection_id text, inviter_name text not null, email text not null, app_metadata jsonb,
      user_metadata jsonb, roles jsonb not null default '[]', state text not null default 'pending', user_id text,
      created_at timestamptz not null default now(), expires_at timestamptz not null, closed_at timestamptz);
    insert into organizations (id, name, created_at, updated_at) values ('org_1', 'acme', now(), now());
    insert into clients (id, name, settings, created_at, updated_at) values ('app', 'App', '{}', now(), now());
    insert into users (id, connection_id, email) values ('auth0|1', 'con_1', 'in@x.test')`);
  const row = async (id: string, generation: number, state: string, more: object = {}) => {
    const hash = sha256(linkSecret(ticketKey, id, generation)).toString('hex');
    const given = { connection_id: null, user_id: null, roles: [], user_metadata: null, ...more };
    await sql`insert into organization_invitations (id, organization_id, generation, secret_hash, client_id, connection_id, inviter_name,
        email, user_metadata, roles, state, user_id, created_at, expires_at, closed_at)
      values (${id}, 'org_1', ${generation}, decode(${hash}, 'hex'), 'app', ${given.connection_id}, 'Ina', 'in@x.test',
        ${given.user_metadata === null ? null : JSON.stringify(given.user_metadata)}::jsonb, ${JSON.stringify(given.roles)}::jsonb,
        ${state}, ${given.user_id}, '2026-01-01', '2100-01-01', ${state === 'pending' ? null : '2026-01-02'}::timestamptz)`.execute(
      db,
    );
  };
  await row('uinv_open000000000000', 2, 'pending', {
    connection_id: 'con_1',
    roles: ['rol_1'],
    user_metadata: { shirt: null },
  });
  await row('uinv_plain00000000000', 0, 'pending');
  await row('uinv_accepted00000000', 0, 'accepted', { user_id: 'auth0|1' });
  await row('uinv_refused000000000', 0, 'refused', { user_id: 'auth0|1' });
  await row('uinv_revoked000000000', 0, 'revoked');
  await sql`insert into messages (id, template, recipient, data) values
    ('msg_1', 'user_invitation', 'in@x.test', '{"organization_invitation_id": "uinv_open000000000000"}')`.execute(
    db,
  );
  expect(await database.migrate()).toEqual([name]);

  const find = async (id: string, generation = 0) => {
    const found = await findInvitationBySecret(db, sha256(linkSecret(ticketKey, id, generation)));
    if (found === null) throw new Error(`The link of ${id} does not work any more.`);
    return { ...found, state: invitationState(found.invitation, new Date('2026-02-01')) };
  };
  const open = await find('uinv_open000000000000', 2);
  expect(open).toMatchObject({
    state: 'pending',
    invitation: { userId: null, clientId: 'app', organizationId: 'org_1', email: 'in@x.test' },
    campaign: {
      clientId: 'app',
      connectionId: null,
      plan: {
        inviter: { name: 'Ina' },
        organizationId: 'org_1',
        connectionIds: ['con_1'],
        memberRoles: ['rol_1'],
        userMetadata: { shirt: null },
        createUser: 'on_accept',
        inviteeMay: 'link_only',
      },
    },
  });
  const plain = await find('uinv_plain00000000000');
  for (const absent of ['connectionIds', 'memberRoles', 'userMetadata', 'appMetadata']) {
    expect(plain.campaign.plan).not.toHaveProperty(absent);
  }
  const accepted = await find('uinv_accepted00000000');
  expect(accepted).toMatchObject({ state: 'accepted', invitation: { acceptedUserId: 'auth0|1' } });
  expect(accepted.invitation.acceptedAt).toEqual(new Date('2026-01-02T00:00:00Z'));
  // The wrong account had used it up.
  expect(await find('uinv_refused000000000')).toMatchObject({
    state: 'revoked',
    invitation: { acceptedUserId: null },
  });
  expect((await find('uinv_revoked000000000')).state).toBe('revoked');
  const page = { organizationId: 'org_1', offset: 0, limit: 10, oldestFirst: false };
  const listed = await listOpenInOrganization(db, page);
  expect(listed.map(({ invitation }) => invitation.id).sort()).toEqual([
    'uinv_open000000000000',
    'uinv_plain00000000000',
  ]);
  const { rows: mails } = await sql`
    select invitation_id, campaign_id, data from messages where id = 'msg_1'`.execute(db);
  expect(mails).toEqual([
    { invitation_id: 'uinv_open000000000000', campaign_id: 'cmp_open000000000000', data: null },
  ]);
});
