import type { FastifyReply, FastifyRequest } from 'fastify';

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

/** Pages that other doors show in the look of these. Language: that of the request, when one is given. */
export type SharedPages = {
  /** Where an application of the operator's tells of an error instead of a page of ours; null: nowhere. */
  errorUrl(page: { error: string; description: string; request?: FastifyRequest }): string | null;
  error(page: {
    error: string;
    description: string;
    requestId: string;
    request?: FastifyRequest;
  }): string;
  /** Asks before logging out. */
  confirmLogout(page: {
    action: string;
    fields: Record<string, string>;
    request?: FastifyRequest;
  }): string;
  loggedOut(page?: { request?: FastifyRequest }): string;
  /** For whoever opens the server's own address: it has nothing for them without an application. */
  doorstep(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
  device(page: DevicePage): string;
  /**
   * Another door's own page, in English.
   * @param page.body HTML, escaped by its maker
   * @param page.moreStyle address of a style sheet besides ours
   */
  frame(page: { title: string; appName: string; body: string; moreStyle: string }): string;
};
