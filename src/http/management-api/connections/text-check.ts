import {
  SAMPLE_CODE,
  SAMPLE_SECRET,
  sampleOfCodeMail,
} from '../../../flows/deliver-mail/deliver-mail.ts';
import { renderTemplateBounded } from '../../../platform/bounded-rendering/bounded-rendering.ts';
import { textVariables } from '../../../steps/word-texts/word-texts.ts';

const TEXT = textVariables({
  code: SAMPLE_CODE,
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
  const rendered = await renderTemplateBounded('trial', source, TEXT, 'text');
  if (rendered.kind === 'faulty') return rendered.problem;
  return rendered.text.includes(SAMPLE_CODE) ? null : 'it lacks the code: put {{ code }} into it';
}

/** The same for the body of a mail with a code or a link for signing in. */
export async function codeMailProblem(source: string): Promise<string | null> {
  const byCode = await sampleMail(source, 'html', 'code');
  if (byCode.kind === 'faulty') return byCode.problem;
  if (byCode.text.includes(SAMPLE_CODE)) return null;
  const byLink = await sampleMail(source, 'html', 'link');
  if (byLink.kind === 'faulty') return byLink.problem;
  return byLink.text.includes(SAMPLE_SECRET)
    ? null
    : 'it lacks the code and the link: put {{ code }} or {{ link }} into it';
}

/** Renders a part of a mail with a code or a link for signing in, with sample data. */
export function sampleMail(source: string, setting: 'text' | 'html', send: 'code' | 'link') {
  return renderTemplateBounded('trial', source, sampleOfCodeMail(send), setting);
}
