import { join } from 'node:path';
import { Liquid } from 'liquidjs';

/**
 * Creates Liquid for the pages that the server brings along. Values are escaped, and unknown filters are errors.
 * @param root folder of the templates, which end in `.liquid`. Layouts, frames and parts of pages may be in its folder `parts`.
 * @param options.isStrict whether a variable without a value is an error. Default: false
 */
export function createPageEngine(root: string, { isStrict = false } = {}): Liquid {
  return new Liquid({
    root: [root, join(root, 'parts')],
    layouts: [join(root, 'parts'), root],
    partials: [join(root, 'parts'), root],
    extname: '.liquid',
    cache: true,
    outputEscape: 'escape',
    strictFilters: true,
    strictVariables: isStrict,
    ownPropertyOnly: true,
  });
}
