import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type Context, toolsOf } from './context.ts';
import { usageFailure } from './failure.ts';

type Options = { body?: string; subject?: string; language?: string };

const EXAMPLES = `
Examples:
  $ usher mail preview user_invitation                          show subject and text, with sample data
  $ usher mail preview user_invitation --html > mail.html
  $ usher mail preview reset_email --body mail.liquid           show a template before you save it
  $ usher mail test user_invitation --to you@example.com        send it to yourself`;

/** `usher mail …` */
export function addMailCommand(program: Command, context: Context): void {
  const mail = program
    .command('mail')
    .summary('preview and test emails')
    .description('Shows an email with sample data, or sends it to you as a test.')
    .addHelpText('after', EXAMPLES);

  const preview = withWording(mail.command('preview <template>'))
    .description('Shows an email as Usher would send it: sender, subject, and text or HTML.')
    .option('--html', 'print only the HTML')
    .action(async (template: string, options: Options & { html?: boolean }) => {
      const { api, terminal } = toolsOf(context, preview);
      const shown = await api.send<{ subject: string; from: string; html: string; text: string }>(
        'POST',
        `/api/v2/email-templates/${encodeURIComponent(template)}/preview`,
        wordingOf(options),
      );
      terminal.result(shown);
      if (options.html) return terminal.say(shown.html);
      terminal.say(`From:    ${shown.from}`);
      terminal.say(`Subject: ${shown.subject}`);
      terminal.say();
      terminal.say(shown.text);
    });

  const test = withWording(mail.command('test <template>'))
    .description('Sends an email with sample data. The link in it does not work.')
    .requiredOption('--to <address>', 'recipient')
    .action(async (template: string, options: Options & { to: string }) => {
      const { api, terminal } = toolsOf(context, test);
      const sent = await api.send<{ to: string; response: string }>(
        'POST',
        `/api/v2/email-templates/${encodeURIComponent(template)}/test`,
        { to: options.to, ...wordingOf(options) },
      );
      terminal.result(sent);
      terminal.say(`Sent to ${sent.to}: ${sent.response}`);
    });
}

function withWording(command: Command): Command {
  return command
    .option('--body <file>', 'a file with HTML and Liquid, instead of the saved body')
    .option('--subject <text>', 'subject, instead of the saved one')
    .option('--language <tag>', 'language of the built-in email');
}

function wordingOf({ body, subject, language }: Options): Record<string, string> {
  return {
    ...(body !== undefined && { body: contentOf(body) }),
    ...(subject !== undefined && { subject }),
    ...(language !== undefined && { language }),
  };
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageFailure(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
