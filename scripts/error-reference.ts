/** `npm run docs:errors`: writes docs/reference/errors.md from the lists of error codes and the statuses that the source sends with them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderErrorReference } from './error-reference/render.ts';
import { readProgram } from './error-reference/sent-codes.ts';
import { SURFACES } from './error-reference/surfaces.ts';

const root = join(import.meta.dirname, '..');
const text = renderErrorReference(readProgram(root), root, SURFACES);
writeFileSync(join(root, 'docs/reference/errors.md'), text);
