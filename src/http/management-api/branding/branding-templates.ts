import { Type } from 'typebox';
import {
  removePageTemplate,
  setPageTemplate,
} from '../../../flows/manage-branding/manage-branding.ts';
import {
  PAGE_TEMPLATE_MAX_CHARACTERS,
  type PageProblem,
} from '../../../platform/page-template/page-template.ts';
import { pageTemplate } from '../../../records/branding/branding.ts';
import { type Api, type BaseDeps, badRequest, closed, notFound, route } from '../route/route.ts';

const tags = ['branding'];
const url = '/branding/templates/universal-login';

/** `/branding/templates/universal-login`: the page around the login form. */
export function brandingTemplateRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url,
    scopes: ['read:branding'],
    summary: 'Get the page template',
    tags,
    response: { 200: Type.Object({ body: Type.String() }) },
    handler: async () => {
      const body = await pageTemplate(db);
      if (body === null) {
        throw notFound('Template does not exist.', 'inexistent_templates_universal_login');
      }
      return { body };
    },
  });
  route(api, {
    method: 'PUT',
    url,
    scopes: ['update:branding'],
    summary: 'Set the page template',
    description:
      'A Liquid template that must render `{%- auth0:head -%}` and `{%- auth0:widget -%}` exactly once each. Usher renders ' +
      'it once before saving it and responds with 400 to an error. The content security policy of the pages stays the same. ' +
      'It blocks scripts and style sheets from other servers. `<style>` works, `style="…"` does not.',
    tags,
    body: Type.Unsafe<string | { template: string }>({
      anyOf: [{ type: 'string' }, closed({ template: Type.String() })],
    }),
    bodyLimit: 1024 * 1024,
    response: { 201: Type.Object({}), 204: null },
    handler: async ({ body, reply }) => {
      const source = typeof body === 'string' ? body : body.template;
      const outcome = await setPageTemplate(deps, source);
      if (outcome.kind === 'refused') throw badRequest(wordsFor(outcome.problem));
      reply.code(outcome.kind === 'inserted' ? 201 : 204);
      return {};
    },
  });
  route(api, {
    method: 'DELETE',
    url,
    scopes: ['delete:branding'],
    summary: 'Delete the page template',
    description: 'Returns 204 even if there is no template.',
    tags,
    response: { 204: null },
    handler: () => removePageTemplate(deps),
  });
}

function wordsFor(problem: PageProblem): string {
  switch (problem.kind) {
    case 'too-long':
      return `Payload content length greater than maximum allowed: ${PAGE_TEMPLATE_MAX_CHARACTERS}.`;
    case 'tags-missing':
      return 'Payload content missing required Liquid tags (auth0:head and auth0:widget).';
    case 'faulty':
      return `Liquid template syntax error: ${problem.problem.split('\n')[0]}.`;
  }
}
