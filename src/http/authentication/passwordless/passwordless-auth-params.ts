import { type Client, isFixedUrl } from '../../../records/clients/clients.ts';
import { isObject } from '../body.ts';
import { coverageOf, isResponseType, responseTypeAllowed } from '../clients/clients.ts';

/** What a link may carry to /authorize. Not `prompt`: who follows a link logs in. */
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
 * `authParams` of a link to log in with, as the request to /authorize that it ends in. Without `redirect_uri` the first callback of
 * the application counts, without `response_type` a code is given.
 * @returns a text: what is wrong
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
  // Links name no organization, so callbacks of one don't count.
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
