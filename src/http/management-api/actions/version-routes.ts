import { Type } from 'typebox';
import { deployAction, rollBackAction } from '../../../flows/manage-actions/manage-actions.ts';
import { findAction, findVersion, listVersions } from '../../../records/actions/actions.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  idParams,
  nullable,
  offsetPaging,
  pageQuery,
  route,
} from '../route/route.ts';
import { noAction, noVersion, tags, toVersionWire, versionSchema } from './action-wire.ts';

const id = (description: string) => Type.String({ minLength: 1, maxLength: 600, description });
const ofAction = Type.Object({ actionId: id('ID of the action') });
const ofVersion = Type.Object({ actionId: id('ID of the action'), id: id('ID of the version') });

/** `/actions/actions/{id}/deploy` and `/actions/actions/{actionId}/versions` */
export function versionRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'POST',
    url: '/actions/actions/:id/deploy',
    scopes: ['create:actions'],
    summary: 'Deploy an action',
    description: 'Makes a version of the draft. If the action is bound, the next login runs it.',
    tags,
    params: idParams('ID of the action'),
    response: { 202: versionSchema },
    handler: async ({ params }) => {
      const outcome = await deployAction(deps, params.id);
      if (outcome.kind === 'missing') throw noAction();
      return toVersionWire(outcome.version, outcome.action);
    },
  });
  route(api, {
    method: 'GET',
    url: '/actions/actions/:actionId/versions',
    scopes: ['read:actions'],
    summary: 'List the versions of an action',
    description: 'Newest first. The last hundred versions are kept.',
    tags,
    params: ofAction,
    query: closed({ page: pageQuery.page, per_page: pageQuery.per_page }),
    response: {
      200: Type.Object({
        total: Type.Integer(),
        page: Type.Integer(),
        per_page: Type.Integer(),
        versions: Type.Array(versionSchema),
      }),
    },
    handler: async ({ params, query }) => {
      const action = await findAction(db, params.actionId);
      if (action === null) throw noAction();
      const { offset, limit } = offsetPaging(query);
      const { versions, total } = await listVersions(db, { actionId: action.id, offset, limit });
      return {
        total,
        page: query.page ?? 0,
        per_page: limit,
        versions: versions.map((version) => toVersionWire(version, action)),
      };
    },
  });
  route(api, {
    method: 'GET',
    url: '/actions/actions/:actionId/versions/:id',
    scopes: ['read:actions'],
    summary: 'Get a version of an action',
    tags,
    params: ofVersion,
    response: { 200: versionSchema },
    handler: async ({ params }) => {
      const { actionId, id: versionId } = params;
      const action = await findAction(db, actionId);
      const version = await findVersion(db, { actionId, versionId });
      if (action === null || version === null) throw noVersion();
      return toVersionWire(version, action);
    },
  });
  route(api, {
    method: 'POST',
    url: '/actions/actions/:actionId/versions/:id/deploy',
    scopes: ['create:actions'],
    summary: 'Roll back to a version of an action',
    description: 'Makes a new version that equals the earlier one, with its secrets.',
    tags,
    params: ofVersion,
    body: nullable(
      closed({
        update_draft: Type.Optional(
          Type.Boolean({
            description: 'Whether the draft becomes equal too. Default: `false`.',
          }),
        ),
      }),
    ),
    bodyOptional: true,
    response: { 202: versionSchema },
    handler: async ({ params, body }) => {
      const outcome = await rollBackAction(deps, {
        actionId: params.actionId,
        versionId: params.id,
        updateDraft: body?.update_draft ?? false,
      });
      if (outcome.kind === 'missing') throw noVersion();
      return toVersionWire(outcome.version, outcome.action);
    },
  });
}
