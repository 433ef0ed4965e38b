import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WrongAccount } from '../../../flows/accept-invitation/accept-invitation.ts';
import { domainOf } from '../../../platform/email-address/email-address.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { lookOf } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';
import { formAction, secretOf } from '../page/page.ts';
import { showDeadLink } from './dead-link-pages.ts';

/**
 * Says who is invited and who has logged in, and leads back to the invitation, which stays open.
 * @param onwardUrl the page of the invitation. Default: that of its link
 */
export function showWrongAccount(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    invitation,
    client,
    policy,
    address,
  }: Pick<WrongAccount, 'invitation' | 'client' | 'policy' | 'address'>,
  onwardUrl = formAction(request, PAGE_PATHS.invitation),
): Promise<FastifyReply> {
  const translator = deps.pages.translator(request);
  const { say } = translator;
  const invited = invitation.email;
  const domain = domainOf(invited);
  const who = address === null ? '' : say('dead.wrongAccount.who', { email: address });
  const what = {
    same: say('dead.wrongAccount.same', { invited }),
    same_domain: say('dead.wrongAccount.sameDomain', { invited, domain }),
    any_verified: say('dead.wrongAccount.anyVerified', { invited }),
  };
  return showDeadLink(deps, request, reply, {
    kind: 'invitation',
    ticket: secretOf(request),
    texts: 'dead.wrongAccount',
    lead: `${who} ${what[policy]}`.trim(),
    translator,
    look: client ? lookOf(client) : {},
    offerNewLink: false,
    onwardUrl,
    onwardText: say('dead.wrongAccount.again'),
    status: 409,
  });
}
