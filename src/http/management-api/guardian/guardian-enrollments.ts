import { Type } from 'typebox';
import { issueEnrollmentTicket } from '../../../flows/enroll-factor/enroll-factor.ts';
import { removeMethod } from '../../../flows/manage-factors/manage-factors.ts';
import {
  type AuthenticationMethod,
  findMethodById,
} from '../../../records/authentication-methods/authentication-methods.ts';
import { ticketUrl } from '../../../records/tickets/tickets.ts';
import { refuseProtected } from '../../../steps/refuse-protected/refuse-protected.ts';
import {
  enrollmentSchema,
  noEnrollment,
  toEnrollment,
} from '../authentication-methods/authentication-methods.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  closed,
  idParams,
  linkOrigin,
  oneOf,
  route,
  userOf,
} from '../route/route.ts';
import { ENROLLMENT_EFFECTS } from './effects-of-guardian.ts';

const tags = ['guardian'];
const one = {
  url: '/guardian/enrollments/:id',
  tags,
  params: idParams('ID of the enrollment, `dev_…`'),
};

const ticketBody = closed({
  user_id: Type.String({ minLength: 1, maxLength: 600, description: 'ID of the user' }),
  email: Type.Optional(
    Type.String({
      format: 'email',
      description: 'Email address for the email. Default: the address of the user.',
    }),
  ),
  send_mail: Type.Optional(Type.Boolean({ description: 'Whether to send the link by email' })),
  email_locale: Type.Optional(Type.String({ maxLength: 50, description: 'Language of the email' })),
  factor: Type.Optional(
    oneOf(['push-notification', 'phone', 'email', 'otp', 'webauthn-roaming', 'webauthn-platform'], {
      description: 'The only factor that the user can enroll with the link',
    }),
  ),
  allow_multiple_enrollments: Type.Optional(
    Type.Boolean({ description: 'Whether users who already have a factor can enroll another' }),
  ),
});

/** `/guardian/enrollments`: links to enroll a factor, and factors by ID. */
export function guardianEnrollmentRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'POST',
    url: '/guardian/enrollments/ticket',
    scopes: ['create:guardian_enrollment_tickets'],
    summary: 'Create a link to enroll a factor',
    description:
      'The link works for 5 days and one enrollment. Only the newest link of a user works.',
    tags,
    body: ticketBody,
    effects: ENROLLMENT_EFFECTS,
    response: { 200: Type.Object({ ticket_id: Type.String(), ticket_url: Type.String() }) },
    async handler({ body, request }) {
      const user = await userOf(db, body.user_id);
      const mailTo = body.send_mail === true ? (body.email ?? user.email) : null;
      if (body.send_mail === true && mailTo === null) {
        throw badRequest('The user has no email address. Set email, or leave send_mail out.');
      }
      const { secret } = await issueEnrollmentTicket(deps, {
        user,
        mailTo,
        locale: body.email_locale ?? null,
        factor: body.factor ?? null,
        allowMultiple: body.allow_multiple_enrollments === true,
      });
      const origin = await linkOrigin(deps, request);
      const url = ticketUrl(origin, 'factor-enrollment', secret).replace(/#$/, '');
      return { ticket_id: secret, ticket_url: url };
    },
  });
  route(api, {
    ...one,
    method: 'GET',
    scopes: ['read:guardian_enrollments'],
    summary: 'Get an enrollment',
    response: { 200: enrollmentSchema },
    async handler({ params }) {
      return toEnrollment(await methodOf(deps, params.id));
    },
  });
  route(api, {
    ...one,
    method: 'DELETE',
    scopes: ['delete:guardian_enrollments'],
    summary: 'Delete an enrollment',
    response: { 204: null },
    async handler({ params }) {
      const { id, userId } = await methodOf(deps, params.id);
      const outcome = await removeMethod(deps, { user: await userOf(db, userId), id });
      if (outcome.kind === 'missing') throw noEnrollment();
    },
  });
}

async function methodOf({ db }: BaseDeps, id: string): Promise<AuthenticationMethod> {
  const method = id.includes('\0') ? null : await findMethodById(db, id.split('|').at(-1) ?? '');
  if (!method) throw noEnrollment();
  refuseProtected({ userId: method.userId });
  return method;
}
