import { INVITATION_WARNINGS } from '../../src/flows/send-invitations/invitation-warnings.ts';
import { FLOW_PROBLEMS } from '../../src/http/invitation-flow/problem-codes.ts';
import { ERROR_CODES } from '../../src/http/management-api/route/error-codes.ts';
import { AUTHENTICATION_ERRORS } from '../../src/http/seams/seams.ts';
import { ROW_ERRORS, ROW_NOTES } from '../../src/records/segments/segments.ts';
import { LIBRARY_CODES, libraryStatuses } from './library-codes.ts';
import type { CodeList } from './sent-codes.ts';

/** One list of codes, as the page shows it. */
export type Surface = CodeList & {
  title: string;
  introduction: string;
  codes: Readonly<Record<string, { when: string; action: string }>>;
  /** The statuses, if a library sends the codes and not our source. */
  statuses?: ReadonlyMap<string, number>;
  /** Whether the codes are in bodies of successful responses, so that no status belongs to them. */
  hasNoStatus?: boolean;
};

export const SURFACES: Surface[] = [
  {
    title: 'Management API',
    introduction:
      'Responses of `/api/v2`. The code is `errorCode` in the body. An error without a code has only its status and a message.',
    listedIn: 'src/http/management-api/route/error-codes.ts',
    codes: ERROR_CODES,
  },
  {
    title: 'Authentication API',
    introduction:
      'Responses of `/oauth/token`, `/passwordless/start`, `/mfa/*` and the other endpoints for applications. The code is `error` in the body, and `code` in responses of `/dbconnections/signup`. `/authorize` sends it to the callback of the application as the parameter `error`.',
    listedIn: 'src/http/seams/authentication-errors.ts',
    codes: AUTHENTICATION_ERRORS,
  },
  {
    title: 'Invitation flow',
    introduction:
      'Responses of `/invitation-flow/*`, for pages of your own that accept invitations. The code is `problem.code` in the body.',
    listedIn: 'src/http/invitation-flow/problem-codes.ts',
    codes: FLOW_PROBLEMS,
  },
  {
    title: 'OpenID Connect and OAuth 2.0',
    introduction:
      'More codes of the same endpoints, as the standards define them. `/authorize` sends them to the callback of the application if the callback is known, and shows a page otherwise.',
    listedIn: 'scripts/error-reference/library-codes.ts',
    codes: LIBRARY_CODES,
    statuses: libraryStatuses(),
  },
  {
    title: 'Rows of imports and invitations',
    introduction:
      'The `code` of a row that was refused, in `GET /api/v2/jobs/{id}/errors`, in the report of an import, and in the result of a dry run. The good rows go in.',
    listedIn: 'src/records/segments/row-codes.ts',
    codes: ROW_ERRORS,
    hasParts: true,
    hasNoStatus: true,
  },
  {
    title: 'Notes about rows',
    introduction:
      'The `notes` of an accepted row, in the report of an import: what the import omitted.',
    listedIn: 'src/records/segments/row-codes.ts',
    codes: ROW_NOTES,
    hasNoStatus: true,
  },
  {
    title: 'Warnings of invitations',
    introduction: 'The `warnings` in the response to `POST /api/v2/invitations`.',
    listedIn: 'src/flows/send-invitations/invitation-warnings.ts',
    codes: INVITATION_WARNINGS,
    hasNoStatus: true,
  },
];
