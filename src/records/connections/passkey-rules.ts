import type { Connection } from './connection-row.ts';
import { booleanOf, objectAt } from './option-values.ts';

/** How people use passkeys in a connection. */
export type PasskeyRules = {
  isEnabled: boolean;
  /** Whether the login page has a button for a passkey. */
  hasButton: boolean;
  /** Whether the field for the name of the user offers passkeys. */
  fillsIn: boolean;
  /** Whether a user who has logged in with a password is offered a passkey. */
  isOffered: boolean;
  /** Whether a user who has logged in with the passkey of another device is offered one for this device. */
  isOfferedLocally: boolean;
};

/** Reads `authentication_methods.passkey` and `passkey_options`. Default: no passkeys; with them everything is on. */
export function passkeyRulesOf({ strategy, options }: Connection): PasskeyRules {
  const { enabled } = objectAt(objectAt(options, 'authentication_methods'), 'passkey');
  const wanted = objectAt(options, 'passkey_options');
  const isEnabled = strategy === 'auth0' && enabled === true;
  const isOn = (name: string) => isEnabled && (booleanOf(wanted[name]) ?? true);
  return {
    isEnabled,
    hasButton: isEnabled && wanted.challenge_ui !== 'autofill',
    fillsIn: isEnabled && wanted.challenge_ui !== 'button',
    isOffered: isOn('progressive_enrollment_enabled'),
    isOfferedLocally: isOn('local_enrollment_enabled'),
  };
}
