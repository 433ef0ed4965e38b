import {
  ENROLLABLE_FACTORS,
  type EnrollableFactor,
  type FactorName,
  type RequiredFactor,
} from './factor-names.ts';

/** Returns the enabled factors that users can enroll themselves. */
export function enrollable({
  factors,
}: {
  factors: Record<FactorName, boolean>;
}): EnrollableFactor[] {
  return ENROLLABLE_FACTORS.filter((name) => factors[name]);
}

/** Returns those of the enabled factors that a requirement allows. */
export function allowedBy(
  required: RequiredFactor[],
  enabled: EnrollableFactor[],
): EnrollableFactor[] {
  if (required.includes('any')) return enabled;
  return enabled.filter((factor) => required.some((one) => meets(factor, one)));
}

function meets(factor: string, required: RequiredFactor): boolean {
  return required === 'webauthn' ? factor.startsWith('webauthn') : factor === required;
}
