import { expect, test } from 'vitest';
import { type NewMailContent, readContent, storedContent } from './mail-content.ts';

const WRONG: NewMailContent[] = [
  // @ts-expect-error a template that does not exist
  { template: 'invitation', userId: 'auth0|1', invitationId: 'inv_1' },
  // @ts-expect-error a mail with a link and no ticket
  { template: 'reset_email', userId: 'auth0|1' },
  // @ts-expect-error a mail to a user without one
  { template: 'verify_email', userId: null, ticketId: 'tic_1' },
  // @ts-expect-error a code without its end
  { template: 'mfa_oob_code', userId: 'auth0|1', data: { challengeId: 'fch_1' } },
  // @ts-expect-error data of another template
  { template: 'blocked_account', userId: 'auth0|1', ticketId: 'tic_1', data: { locale: 'de' } },
  // @ts-expect-error a number instead of a text
  { template: 'passwordless_code', userId: null, data: { passwordlessId: 1 } },
];

test.each(WRONG)('the type check and the outbox refuse %j', (content) => {
  expect(readContent(storedContent(content))).toBeNull();
});

const RIGHT: NewMailContent[] = [
  { template: 'user_invitation', userId: 'auth0|1', invitationId: 'inv_1', campaignId: 'cam_1' },
  { template: 'user_invitation', userId: null, invitationId: 'inv_1', campaignId: null },
  { template: 'blocked_account', userId: 'auth0|1', ticketId: 'tic_1', data: { sourceIp: '::1' } },
  { template: 'enrollment_email', userId: 'auth0|1', ticketId: 'tic_1', data: null },
  {
    template: 'passwordless_link',
    userId: null,
    data: { passwordlessLinkId: 'pll_1', language: 'de', isNobody: true },
  },
];

test.each(RIGHT)('the outbox returns what was queued: %j', (content) => {
  expect(readContent(storedContent(content))).toMatchObject(content);
});
