import type { Command } from 'commander';
import { usageFailure } from './failure.ts';

/** The options that all invitations of one command share. */
export type PlanOptions = {
  /** `false`: --no-client; `true`: neither option is given. */
  client?: string | boolean;
  ttl?: string;
  resultUrl?: string;
  templateData?: string;
  inviter?: string;
  inviteeMay?: string;
  appMetadata?: string;
  userMetadata?: string;
  ways?: string[];
  organization?: string;
  memberRole?: string[];
  role?: string[];
  permission?: string[];
  data?: string;
  existingUsers?: string;
  emailPolicy?: string;
  /** `false`: --no-renewal. */
  renewal: boolean;
  factor?: string[];
  profileSchema?: string;
};

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Adds the options of an invitation plan to a command. */
export function addPlanOptions(command: Command): Command {
  return command
    .optionsGroup('Options for invitations:')
    .option('--client <id>', 'application to invite to; people arrive there logged in')
    .option('--no-client', 'no application; people arrive at a page without a link')
    .option('--ttl <time>', 'lifetime of the link: 12h, 7d, 2w, or seconds (default: 7d)')
    .option('--result-url <url>', 'page to open after people set their password')
    .option('--inviter <name>', 'name of the inviter, for the email and the page')
    .option(
      '--invitee-may <ways>',
      'how people can accept: any_proof or link_only (default: any_proof)',
    )
    .option('--template-data <json>', 'variables for the email template, such as {"team":"Blue"}')
    .option('--app-metadata <json>', 'merged into app_metadata on acceptance')
    .option('--user-metadata <json>', 'merged into user_metadata on acceptance')
    .option('--role <id>', 'role that people get on acceptance (can be repeated)', collect)
    .option('--permission <permission>', 'permission of an API, as name@identifier', collect)
    .option('--organization <id>', 'organization that people become members of')
    .option('--member-role <id>', 'role in the organization (can be repeated)', collect)
    .option('--data <json>', 'your own data, returned in the ID token of the login that accepts')
    .option('--ways <id>', 'connection with which people can accept (can be repeated)', collect)
    .option(
      '--existing-users <what>',
      'ask people who have an account, or grant everything at once (default: ask)',
    )
    .option(
      '--email-policy <policy>',
      'account that can accept: same, same_domain or any_verified (default: same)',
    )
    .option('--no-renewal', 'people cannot request a new link when it has expired')
    .option(
      '--factor <factor>',
      'second factor that people enroll: any, otp, sms, email or webauthn (can be repeated)',
      collect,
    )
    .option('--profile-schema <json>', 'JSON Schema of the fields that people fill in');
}

/** Returns the plan for the API. Throws if an option is not valid. */
export function planOf(options: PlanOptions): Record<string, unknown> {
  return {
    ...clientOf(options.client),
    ...(options.ttl !== undefined && { ttl_sec: secondsOf(options.ttl) }),
    ...(options.resultUrl !== undefined && { result_url: options.resultUrl }),
    ...(options.inviter !== undefined && { inviter: { name: options.inviter } }),
    ...(options.inviteeMay !== undefined && { invitee_may: options.inviteeMay }),
    ...json('template_data', '--template-data', options.templateData),
    ...json('app_metadata', '--app-metadata', options.appMetadata),
    ...json('user_metadata', '--user-metadata', options.userMetadata),
    ...json('data', '--data', options.data),
    ...(options.role && { roles: options.role }),
    ...(options.permission && { permissions: options.permission.map(permissionOf) }),
    ...(options.organization !== undefined && { organization_id: options.organization }),
    ...(options.memberRole && { member_roles: options.memberRole }),
    ...(options.ways && { connections: options.ways }),
    ...(options.existingUsers !== undefined && { existing_users: options.existingUsers }),
    ...(options.emailPolicy !== undefined && { email_policy: options.emailPolicy }),
    ...(!options.renewal && { renewable: false }),
    ...(options.factor && { factors: { required: options.factor } }),
    ...json('profile_schema', '--profile-schema', options.profileSchema),
  };
}

function collect(value: string, all: string[] = []): string[] {
  return [...all, value];
}

// The identifier of an API may have an @ too.
function permissionOf(text: string) {
  const at = text.indexOf('@');
  if (at < 1 || at === text.length - 1) {
    throw usageFailure(
      `--permission ${text} is not a permission of an API.`,
      'Write its name and the identifier of the API: read:orders@https://orders.example.com',
    );
  }
  return { permission_name: text.slice(0, at), resource_server_identifier: text.slice(at + 1) };
}

// Commander sets `client` to true if neither option is given.
function clientOf(client: string | boolean | undefined): { client_id?: string | null } {
  if (client === false) return { client_id: null };
  return typeof client === 'string' ? { client_id: client } : {};
}

function secondsOf(text: string): number {
  const match = /^(\d+)\s*([smhdw]?)$/.exec(text);
  const unit = SECONDS[match?.[2] || 's'];
  if (!match || unit === undefined) {
    throw usageFailure(
      `--ttl ${text} is not a valid lifetime.`,
      'Write 12h, 7d, 2w, or a number of seconds.',
    );
  }
  return Number(match[1]) * unit;
}

function json(name: string, option: string, text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { [name]: value };
    }
  } catch {
    // Reported below.
  }
  throw usageFailure(
    `${option} must be a JSON object.`,
    `For example: ${option} '{"team":"Blue"}'`,
  );
}
