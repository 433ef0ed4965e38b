import { type Connection, codeConnectionOf } from '../../../records/connections/connections.ts';
import type { Translator } from '../page/page.ts';
import type { CodeWay } from '../page-values/page-values.ts';

/**
 * Returns the way in with a code that is mailed at once to an address that the page knows, or `null` if no connection mails codes.
 * @param input.action the path to which the button is sent
 */
export function mailedCodeWay(
  { say }: Translator,
  input: { connections: Connection[]; action: string },
): CodeWay | null {
  if (codeConnectionOf(input.connections) === null) return null;
  return { text: say('ways.codeByMail'), action: input.action };
}
