import { expect, test } from 'vitest';
import { aPerson } from '../harness/factories.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { openTab, openWorld } from '../harness/world.ts';

test('the page and the mail of an invitation name its organization', async () => {
  const world = await openWorld();
  const client = await world.registerClient();
  const organization = await world.anOrganization({ display_name: 'Acme & Sons' });
  const { email } = aPerson();
  await world.server.api('POST', '/api/v2/invitations', {
    recipients: [email],
    client_id: client.id,
    connection_id: world.connectionId,
    organization_id: organization.id,
    inviter: { name: 'Ina Viter' },
  });
  const received = await world.server.sink.waitForMail(email);
  expect(received.mail.subject).toBe('Ina Viter invites you to Acme & Sons at Meadow');
  expect(received.mail.text).toContain('Ina Viter has invited you to Acme & Sons at Meadow.');
  const { page } = await openTab().go(linkIn(received));
  expect(page).toContain('Join Acme &amp; Sons at Meadow</h1>');
});
