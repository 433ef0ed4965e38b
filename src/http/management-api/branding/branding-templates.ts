import { Type } from 'typebox';
import { checkPageBounded } from '../../../platform/bounded-rendering/bounded-rendering.ts';
import {
  PAGE_TEMPLATE_MAX_CHARACTERS,
  type PageProblem,
} from '../../../platform/page-template/page-template.ts';
import {
  deletePageTemplate,
  pageTemplate,
  writePageTemplate,
} from '../../../records/branding/branding.ts';
import { type Api, type BaseDeps, badRequest, closed, notFound, route } from '../route/route.ts';

const tags = ['branding'];
const url = '/branding/templates/universal-login';

/** `/branding/templates/universal-login`: the page around the form people fill in. */
export function brandingTemplateRoutes(api: Api, { db, clock }: BaseDeps): void {
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
    summary: 'Write the page template',
    description:
      'Liquid around `{%- auth0:head -%}` and `{%- auth0:widget -%}`, which must be rendered once each. It is rendered ' +
      'once before it is saved; a mistake is answered 400. Scripts and style sheets of other servers do not run: the ' +
      'pages’ content security policy is the same with a template; `<style>` works, `style="…"` does not.',
    tags,
    body: Type.Unsafe<string | { template: string }>({
      anyOf: [{ type: 'string' }, closed({ template: Type.String() })],
    }),
    bodyLimit: 1024 * 1024,
    response: { 201: Type.Object({}), 204: null },
    handler: async ({ body, reply }) => {
      const source = typeof body === 'string' ? body : body.template;
      const problem = await checkPageBounded(source);
      if (problem !== null) throw badRequest(wordsFor(problem));
      const { kind } = await writePageTemplate(db, source, clock.now());
      reply.code(kind === 'inserted' ? 201 : 204);
      return {};
    },
  });
  route(api, {
    method: 'DELETE',
    url,
    scopes: ['delete:branding'],
    summary: 'Forget the page template',
    description: '204 also when it was gone.',
    tags,
    response: { 204: null },
    handler: async () => {
      await deletePageTemplate(db);
    },
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
