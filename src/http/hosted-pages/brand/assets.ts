import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { sha256 } from '../../../platform/crypto/crypto.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';

const FOLDER = join(import.meta.dirname, 'assets');
const FILES = {
  'style.css': 'text/css; charset=utf-8',
  'dark.css': 'text/css; charset=utf-8',
  'enhance.js': 'text/javascript; charset=utf-8',
  'passkeys.js': 'text/javascript; charset=utf-8',
  'logo.svg': 'image/svg+xml',
};

export type Assets = {
  /** Addresses for templates. They change with the content, so that browsers can cache the files. */
  urls: { style: string; dark: string; script: string; passkeys: string; logo: string };
  register(app: FastifyInstance): void;
};

/** Reads the files that pages need. No other file in the folder is reachable. */
export function readAssets(): Assets {
  const files = new Map(
    Object.entries(FILES).map(([name, type]) => {
      const content = readFileSync(join(FOLDER, name));
      return [name, { type, content, version: sha256(content).toString('hex').slice(0, 12) }];
    }),
  );
  const url = (name: keyof typeof FILES) =>
    `${PAGE_PATHS.assets}/${name}?v=${files.get(name)?.version}`;
  return {
    urls: {
      style: url('style.css'),
      dark: url('dark.css'),
      script: url('enhance.js'),
      passkeys: url('passkeys.js'),
      logo: url('logo.svg'),
    },
    register(app) {
      app.get<{ Params: { name: string }; Querystring: { v?: string } }>(
        `${PAGE_PATHS.assets}/:name`,
        async (request, reply) => {
          const file = files.get(request.params.name);
          if (!file) return reply.callNotFound();
          const isCurrent = request.query.v === file.version;
          return reply
            .header('content-type', file.type)
            .header('cache-control', isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache')
            .header('x-content-type-options', 'nosniff')
            .send(file.content);
        },
      );
    },
  };
}
