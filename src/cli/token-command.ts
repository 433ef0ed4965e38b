import type { Command } from 'commander';
import { requestToken } from './api.ts';
import { type Context, toolsOf } from './context.ts';

const EXAMPLES = `
Examples:
  Call the management API by hand
    $ curl -H "Authorization: Bearer $(usher token)" http://localhost:3000/api/v2/connections

  Get a token that can only read users
    $ usher token --scope "read:users"`;

/** `usher token` */
export function addTokenCommand(program: Command, context: Context): void {
  const command = program
    .command('token')
    .summary('get an access token for the management API')
    .description(
      'Prints an access token for the management API. With --json, also prints its scopes and its lifetime.',
    )
    .option('--scope <scopes>', 'scopes, separated by spaces (default: all scopes of the client)')
    .option('--audience <api>', 'identifier of another API')
    .addHelpText('after', EXAMPLES)
    .action(async (options: { scope?: string; audience?: string }) => {
      const { access, terminal } = toolsOf(context, command);
      const token = await requestToken(access, options);
      terminal.result(token);
      terminal.say(token.access_token);
    });
}
