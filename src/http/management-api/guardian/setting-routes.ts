import type { Static, TSchema } from 'typebox';
import { type Api, type Effects, route } from '../route/route.ts';

/** A setting that one path returns and replaces. */
export type Setting<B extends TSchema> = {
  url: string;
  /** The words after "Get" and "Set", such as `the policies for second factors`. */
  title: string;
  descriptions?: { get?: string; set?: string };
  scopes?: { read: string; update: string };
  shown: TSchema;
  body: B;
  effects?: Effects;
  read(): Promise<unknown>;
  /** Returns what the response shows. */
  write(body: Static<B>): Promise<unknown>;
};

const FACTORS = { read: 'read:guardian_factors', update: 'update:guardian_factors' };

/** Declares GET and PUT of a setting. */
export function settingRoutes<B extends TSchema>(api: Api, setting: Setting<B>): void {
  const { url, title, descriptions = {}, scopes = FACTORS, shown, body, effects } = setting;
  const both = { url, tags: ['guardian'], response: { 200: shown } };
  route(api, {
    ...both,
    method: 'GET',
    scopes: [scopes.read],
    summary: `Get ${title}`,
    ...(descriptions.get && { description: descriptions.get }),
    handler: () => setting.read(),
  });
  route(api, {
    ...both,
    method: 'PUT',
    scopes: [scopes.update],
    summary: `Set ${title}`,
    ...(descriptions.set && { description: descriptions.set }),
    body,
    ...(effects && { effects }),
    handler: (input) => setting.write(input.body as Static<B>),
  });
}
