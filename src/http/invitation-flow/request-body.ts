import type { FastifyRequest } from 'fastify';
import { parseJson } from '../../platform/json/json.ts';
import { FlowProblem } from './flow-problem.ts';

type Body = Record<string, unknown>;

const LONGEST = 4096;

/** Returns the body. @throws FlowProblem 400 if it is no JSON object */
export function bodyOf(request: FastifyRequest): Body {
  const { body } = request;
  if (body === undefined || body === '') return {};
  const parsed = typeof body === 'string' ? parsedOrNull(body) : null;
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return Object.fromEntries(Object.entries(parsed));
  }
  throw new FlowProblem(400, 'invalid_request');
}

/**
 * Returns a text.
 * @param absent what an absent one stands for; without it the text is required
 * @throws FlowProblem 400 if it is absent, too long, or cannot be stored
 */
export function textOf(body: Body, name: string, most = LONGEST, absent?: string): string {
  const value = body[name];
  if (value === undefined && absent !== undefined) return absent;
  const isText = typeof value === 'string' && value !== '' && value.length <= most;
  if (isText && !value.includes('\0') && value.isWellFormed()) return value;
  throw new FlowProblem(400, 'invalid_request');
}

export function codeOf(body: Body): string {
  return textOf(body, 'code', 100);
}

/** @throws FlowProblem 400 if it is neither true nor false */
export function flagOf(body: Body, name: string): boolean {
  const { [name]: value = false } = body;
  if (typeof value === 'boolean') return value;
  throw new FlowProblem(400, 'invalid_request');
}

/** Returns what names the authorization request that may use the login ticket, or `null` if any may. */
export function requestMarkOf(body: Body): { codeChallenge: string } | { state: string } | null {
  const codeChallenge = textOf(body, 'code_challenge', 128, '');
  if (codeChallenge !== '') return { codeChallenge };
  const state = textOf(body, 'state', 2000, '');
  return state === '' ? null : { state };
}

/** Returns the secret of a link: of a whole address with `ticket` or `invitation`, or the secret alone. */
export function linkSecretOf(link: string): string {
  if (!URL.canParse(link)) return link;
  const { searchParams, hash } = new URL(link);
  const fragment = new URLSearchParams(hash.slice(1));
  const found = [searchParams, fragment].flatMap((params) =>
    ['ticket', 'invitation'].flatMap((name) => params.get(name) ?? []),
  );
  return found[0] ?? '';
}

/** Returns the secret that the page keeps, or `null`. */
export function bearerOf(request: FastifyRequest): string | null {
  const [, secret] = /^Bearer ([\w-]{20,100})$/i.exec(request.headers.authorization ?? '') ?? [];
  return secret ?? null;
}

function parsedOrNull(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}
