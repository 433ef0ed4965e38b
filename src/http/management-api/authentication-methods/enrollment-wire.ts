import { Type } from 'typebox';
import type { AuthenticationMethod } from '../../../records/authentication-methods/authentication-methods.ts';
import { notFound, oneOf } from '../route/route.ts';
import { maskedPhone } from './authentication-method-wire.ts';

const maybeText = Type.Optional(Type.String());

/** An authentication method at the older paths, which call it an enrollment. */
export const enrollmentSchema = Type.Object({
  id: Type.String(),
  status: oneOf(['pending', 'confirmed']),
  name: maybeText,
  identifier: maybeText,
  phone_number: maybeText,
  enrolled_at: maybeText,
  last_auth: maybeText,
});

export function toEnrollment(method: AuthenticationMethod) {
  return {
    id: method.id,
    status: method.confirmed ? 'confirmed' : 'pending',
    name: method.name ?? undefined,
    phone_number: maskedPhone(method.phoneNumber),
    enrolled_at: method.enrolledAt?.toISOString(),
    last_auth: method.lastAuthAt?.toISOString(),
  };
}

export function noEnrollment() {
  return notFound('Enrollment not found', 'enrollment_not_found');
}
