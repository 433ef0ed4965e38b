import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type Context, toolsOf } from './context.ts';
import { usageFailure } from './failure.ts';

type Options = { body?: string; subject?: string; language?: string };

const EXAMPLES = `
Examples:
  $ usher mail preview user_invitation                          subject and text, with sample data
  $ usher mail preview user_invitation --html > mail.html
  $ usher mail preview reset_email --body mail.liquid           before it is saved
  $ usher mail test user_invitation --to you@example.com        see it in your own inbox`;

/** `usher mail …` */
export function addMailCommand(program: Command, context: Context): void {
  const mail = program
    .command('mail')
    .summary('see the mails that people get')
    .description('Shows a mail with sample data, or sends it to you, before anybody gets it.')
    .addHelpText('after', EXAMPLES);

  const preview = withWording(mail.command('preview <template>'))
    .description('Shows a mail as it would be sent: subject, sender, and its text or HTML.')
    .option('--html', 'its HTML and nothing else')
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
    .description('Sends a mail with sample data. The link in it leads nowhere.')
    .requiredOption('--to <address>', 'who gets it')
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
    .option('--body <file>', 'a file with HTML and Liquid, instead of what is saved')
    .option('--subject <text>', 'instead of the saved subject')
    .option('--language <tag>', 'language of the built-in mail');
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
    throw usageFailure(`${path} can't be read: ${error instanceof Error ? error.message : error}`);
  }
}
