import type { KoaContextWithOIDC } from 'oidc-provider';
import type { DevicePage, DevicePageProblem } from '../../seams/seams.ts';
import type { AuthenticationDeps } from '../deps.ts';
import { requestOf } from '../mount.ts';
import { pageHeaders } from '../send-page.ts';

export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
export const ACTIVATE_PATH = '/activate';

/** Minimum time between two requests of a device, in seconds (RFC 8628, 3.2). */
const INTERVAL = 5;

/** Configures the login on a device without a browser (RFC 8628), with our pages. */
export function deviceFlow(deps: Pick<AuthenticationDeps, 'pages'>) {
  const show = (ctx: KoaContextWithOIDC, page: DevicePage): void => {
    const { device } = deps.pages;
    const request = requestOf(ctx.req);
    const shown = device(request === undefined ? page : { ...page, request });
    ctx.set(pageHeaders(shown));
    ctx.body = shown.html;
  };
  const secretOf = (ctx: KoaContextWithOIDC): string => {
    const state: unknown = ctx.oidc.session?.state;
    if (typeof state !== 'object' || state === null) return '';
    const secret: unknown = Reflect.get(state, 'secret');
    return typeof secret === 'string' ? secret : '';
  };

  return {
    enabled: true,
    charset: 'base-20',
    mask: '****-****',
    userCodeInputSource: (
      ctx: KoaContextWithOIDC,
      _form: string,
      _out?: unknown,
      error?: { name: string; userCode?: string },
    ) => {
      const { session } = ctx.oidc;
      if (error && session && session.exp === undefined) {
        // The form's session is gone. The library would try to save a session that it never started.
        Object.assign(session, { touched: false });
        ctx.status = 303;
        return ctx.redirect(ACTIVATE_PATH);
      }
      if (error?.name === 'AbortedError') return show(ctx, { kind: 'aborted' });
      show(ctx, {
        kind: 'input',
        action: ACTIVATE_PATH,
        xsrf: secretOf(ctx),
        userCode: error?.userCode ?? shownCodes.get(ctx.req) ?? '',
        ...(error && { problem: problemOf(error.name) }),
      });
    },
    userCodeConfirmSource: (
      ctx: KoaContextWithOIDC,
      _form: string,
      client: { clientName?: string; clientId: string },
      _deviceInfo: unknown,
      userCode: string,
    ) =>
      show(ctx, {
        kind: 'confirm',
        action: ACTIVATE_PATH,
        xsrf: secretOf(ctx),
        userCode,
        appName: client.clientName ?? client.clientId,
      }),
    successSource: (ctx: KoaContextWithOIDC) => show(ctx, { kind: 'done' }),
  } as const;
}

/** Adds what the library's answer omits. */
export function completeDeviceAnswer(body: object): void {
  Object.assign(body, { interval: INTERVAL });
}

const shownCodes = new WeakMap<object, string>();

/** Puts a code from a link into the form, which the user must still submit. */
export function takeCode(raw: { url?: string | undefined }): void {
  const [path = '', search] = (raw.url ?? '').split('?', 2);
  const query = new URLSearchParams(search);
  const code = query.get('user_code');
  if (code === null) return;
  shownCodes.set(raw, code.slice(0, 64));
  query.delete('user_code');
  raw.url = `${path}?${query}`;
}

function problemOf(name: string): DevicePageProblem {
  switch (name) {
    case 'NoCodeError':
      return 'missing';
    case 'ExpiredError':
      return 'expired';
    case 'AlreadyUsedError':
      return 'used';
    case 'NotFoundError':
      return 'unknown';
    default:
      return 'failed';
  }
}
