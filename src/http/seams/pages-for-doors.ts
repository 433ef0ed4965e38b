import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FramedPage } from '../../platform/page-policy/page-policy.ts';

export type DevicePageProblem = 'missing' | 'unknown' | 'expired' | 'used' | 'failed' | 'many';

/** The page where people type the code that their television shows, and its last word. */
export type DevicePage = { request?: FastifyRequest } & (
  | {
      kind: 'input';
      action: string;
      xsrf: string;
      userCode: string;
      problem?: DevicePageProblem;
    }
  | { kind: 'confirm'; action: string; xsrf: string; userCode: string; appName: string }
  | { kind: 'done' }
  | { kind: 'aborted' }
);

/** What was wrong with a request that no answer can be sent back for, where its developer can look at it. */
export type ErrorCause =
  | { kind: 'no-client' | 'no-callback' | 'over' }
  | {
      kind: 'unknown-client' | 'unknown-callback' | 'unknown-logout-url';
      /** Which parameter, and what came in it. */
      parameter: string;
      sent: string;
    };

/** What a page that only says something shows above its headline. */
export type FrameSign = 'oops' | 'lost' | 'info';

/** Pages that other doors show in the look of these. Language: that of the request, when one is given. */
export type SharedPages = {
  /** Where an application of the operator's tells of an error instead of a page of ours; null: nowhere. */
  errorUrl(page: { error: string; description: string; request?: FastifyRequest }): string | null;
  /** Something that an application asked for can't be done, and it can't be told. */
  error(page: {
    error: string;
    description: string;
    cause?: ErrorCause | null;
    requestId: string;
    request?: FastifyRequest;
  }): FramedPage;
  /** Asks before logging out. */
  confirmLogout(page: {
    action: string;
    fields: Record<string, string>;
    request?: FastifyRequest;
  }): FramedPage;
  loggedOut(page?: { request?: FastifyRequest }): FramedPage;
  /** Page at the server's own address: without an application it has nothing to offer. */
  doorstep(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
  device(page: DevicePage): FramedPage;
  /**
   * Another door's own page, in English.
   * @param page.body HTML, escaped by its maker
   * @param page.moreStyle address of a style sheet besides ours
   */
  frame(page: {
    title: string;
    appName: string;
    body: string;
    moreStyle: string;
    sign?: FrameSign;
  }): FramedPage;
};
