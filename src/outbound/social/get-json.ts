import { fetchProtectedResource } from 'openid-client';
import { parseJson } from '../../platform/json/json.ts';
import type { Claims } from './claims.ts';
import { BadStatus, Unproved } from './failures.ts';
import type { Proved } from './openid.ts';

/** Reads what a provider without ID tokens says about a person. @throws BadStatus if the answer is not 200, Unproved if it is no JSON */
export async function getJson<T = Claims>(proved: Proved, url: string): Promise<T> {
  const { configuration, accessToken } = proved;
  if (accessToken === null) throw new Unproved('The provider gave no access token.');
  const headers = new Headers({ accept: 'application/json', 'user-agent': 'Usher' });
  const answer = await fetchProtectedResource(
    configuration,
    accessToken,
    new URL(url),
    'GET',
    null,
    headers,
  );
  if (answer.status !== 200) throw new BadStatus(answer.status);
  const text = await answer.text();
  try {
    const body = parseJson(text);
    if (typeof body === 'object' && body !== null) return body as T;
  } catch {
    // The message below says enough.
  }
  throw new Unproved('The provider answered with something that is no JSON.');
}
