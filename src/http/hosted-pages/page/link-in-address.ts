import type { FastifyRequest } from 'fastify';
import { queryText } from './render.ts';

/** The secret of the link that led here. */
export function secretOf(request: FastifyRequest): string {
  return queryText(request, 'ticket', 128) ?? '';
}

/** Where the page's form goes: the same link, in the same language. */
export function formAction(request: FastifyRequest, path: string): string {
  const locales = queryText(request, 'ui_locales', 128);
  const kept = locales === undefined ? '' : `&ui_locales=${encodeURIComponent(locales)}`;
  return `${path}?ticket=${encodeURIComponent(secretOf(request))}${kept}`;
}
