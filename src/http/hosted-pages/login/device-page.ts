import type { DevicePage } from '../../seams/seams.ts';
import type { Pages, Translator } from '../page/page.ts';

const SCREENS: Record<DevicePage['kind'], string> = {
  input: 'device-code-activation',
  confirm: 'device-code-confirmation',
  done: 'device-code-activation-allowed',
  aborted: 'device-code-activation-denied',
};

/** @param asked the language of the page */
export function devicePage(pages: Pages, asked: Translator, page: DevicePage): string {
  const translator = asked.of(SCREENS[page.kind]);
  const { say } = translator;
  if (page.kind === 'done' || page.kind === 'aborted') {
    return pages.render(translator, {
      template: 'message',
      values: {
        sign: page.kind === 'done' ? 'good' : 'no',
        title: say(`device.${page.kind}.title`),
        lead: say(`device.${page.kind}.lead`),
      },
    });
  }
  const { kind, action, xsrf, userCode } = page;
  return pages.render(translator, {
    template: 'device',
    values: {
      title: say(`device.${kind}.title`),
      confirming: kind === 'confirm',
      appName: kind === 'confirm' ? page.appName : null,
      lead:
        kind === 'confirm'
          ? say('device.confirm.lead', { app: page.appName })
          : say('device.input.lead'),
      action,
      xsrf,
      // Liquid treats '' as true.
      userCode: userCode || null,
      problem:
        kind === 'input' && page.problem !== undefined
          ? say(`device.problem.${page.problem}`)
          : null,
    },
  });
}
