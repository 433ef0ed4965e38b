import { renderTemplateBounded } from '../../../platform/bounded-rendering/bounded-rendering.ts';
import { textVariables } from '../../../steps/word-texts/word-texts.ts';

const CODE = '314159';
const LINK = 'https://sample.example/link';
const TEXT = textVariables({
  code: CODE,
  channel: 'sms',
  language: 'en',
  wish: null,
  application: 'Sample',
  friendlyName: 'Sample',
  supportEmail: null,
  supportUrl: null,
});

/**
 * Renders a text message once and returns its problem: an error, too much time or memory, or no code. null: no problem.
 */
export async function textProblem(source: string): Promise<string | null> {
  const rendered = await sampleOf(source, 'text');
  if (rendered.kind === 'faulty') return rendered.problem;
  return rendered.text.includes(CODE) ? null : 'it lacks the code: put {{ code }} into it';
}

/** The same for the body of a mail with a code or a link for signing in. */
export async function codeMailProblem(source: string): Promise<string | null> {
  const byCode = await sampleOf(source, 'html', { send: 'code', url: '', link: '' });
  if (byCode.kind === 'faulty') return byCode.problem;
  if (byCode.text.includes(CODE)) return null;
  const byLink = await sampleOf(source, 'html', { send: 'link', url: LINK, link: LINK, code: '' });
  if (byLink.kind === 'faulty') return byLink.problem;
  return byLink.text.includes(LINK)
    ? null
    : 'it lacks the code and the link: put {{ code }} or {{ link }} into it';
}

/** One line of a mail, rendered with sample data. */
export function sampleOf(source: string, setting: 'text' | 'html', more: object = {}) {
  return renderTemplateBounded('trial', source, { ...TEXT, ...more }, setting);
}
