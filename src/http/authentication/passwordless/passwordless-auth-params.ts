import { type Client, coverageOf, isFixedUrl } from '../../../records/clients/clients.ts';
import { isObject } from '../body.ts';
import { isResponseType, responseTypeAllowed } from '../clients/clients.ts';

/** The parameters that a link can pass to /authorize. `prompt` is missing, because a link always logs in. */
const NAMES = [
  'response_type',
  'response_mode',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'audience',
  'code_challenge',
  'code_challenge_method',
  'acr_values',
  'ui_locales',
] as const;

const MOST_CHARACTERS = 4000;

/**
 * Returns the parameters of the request to /authorize for the `authParams` of a login link. Default of `redirect_uri`: the application's
 * first callback. Default of `response_type`: `code`.
 * @returns a text if the parameters are not valid: the reason
 */
export function readAuthParams(client: Client, said: unknown): Record<string, string> | string {
  if (said !== undefined && said !== null && !isObject(said)) return 'authParams must be an object';
  const given: Record<string, unknown> = isObject(said) ? said : {};
  const params: Record<string, string> = { response_type: 'code', scope: 'openid' };
  for (const name of NAMES) {
    const value = given[name];
    if (value === undefined || value === null || value === '') continue;
    if (typeof value !== 'string' || !value.isWellFormed() || value.includes('\0')) {
      return `authParams.${name} must be a string`;
    }
    params[name] = value;
  }
  params.redirect_uri ??= client.settings.callbacks.find(isFixedUrl) ?? '';
  if (params.redirect_uri === '') return 'authParams.redirect_uri is missing';
  // Links name no organization, so its callbacks are not allowed.
  if (coverageOf(client.settings.callbacks, params.redirect_uri) !== 'everybody') {
    return 'authParams.redirect_uri is not a callback of the application';
  }
  if (!mayAnswerWith(client, params.response_type ?? '')) {
    return 'authParams.response_type is unknown, or not allowed for the application';
  }
  return JSON.stringify(params).length > MOST_CHARACTERS ? 'authParams are too long' : params;
}

function mayAnswerWith({ settings }: Client, type: string): boolean {
  try {
    return isResponseType(type) && responseTypeAllowed(settings.grantTypes, type);
  } catch {
    return false;
  }
}
