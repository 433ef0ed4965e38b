import { stringsOf } from './option-values.ts';

/**
 * Options that ask the provider for a permission each, and the scope that the provider calls it by. `null`: the permission comes with every
 * login, or by another parameter.
 */
const SCOPES: Record<string, Record<string, string | null>> = {
  'google-oauth2': {
    email: 'email',
    profile: 'profile',
    offline_access: null,
    ...google({
      calendar: 'calendar',
      calendar_events: 'calendar.events',
      calendar_events_readonly: 'calendar.events.readonly',
      calendar_settings_readonly: 'calendar.settings.readonly',
      contacts: 'contacts',
      contacts_readonly: 'contacts.readonly',
      contacts_other_readonly: 'contacts.other.readonly',
      directory_readonly: 'directory.readonly',
      drive: 'drive',
      drive_activity: 'drive.activity',
      drive_activity_readonly: 'drive.activity.readonly',
      drive_appdata: 'drive.appdata',
      drive_file: 'drive.file',
      drive_metadata: 'drive.metadata',
      drive_metadata_readonly: 'drive.metadata.readonly',
      drive_photos_readonly: 'drive.photos.readonly',
      drive_readonly: 'drive.readonly',
      gmail_compose: 'gmail.compose',
      gmail_insert: 'gmail.insert',
      gmail_labels: 'gmail.labels',
      gmail_metadata: 'gmail.metadata',
      gmail_modify: 'gmail.modify',
      gmail_readonly: 'gmail.readonly',
      gmail_send: 'gmail.send',
      tasks: 'tasks',
      tasks_readonly: 'tasks.readonly',
      youtube: 'youtube',
      youtube_readonly: 'youtube.readonly',
      youtube_upload: 'youtube.upload',
    }),
  },
  'google-apps': { email: 'email', profile: 'profile' },
  facebook: {
    ...same(['email', 'public_profile', 'user_age_range', 'user_birthday', 'user_events']),
    ...same(['user_friends', 'user_gender', 'user_hometown', 'user_likes', 'user_link']),
    ...same(['user_location', 'user_photos', 'user_posts', 'user_tagged_places', 'user_videos']),
    ...same(['ads_management', 'ads_read', 'business_management', 'pages_show_list']),
    ...same(['leads_retrieval', 'pages_messaging', 'read_insights']),
  },
  github: {
    email: 'user:email',
    profile: null,
    follow: 'user:follow',
    read_user: 'read:user',
    admin_org: 'admin:org',
    read_org: 'read:org',
    write_org: 'write:org',
    admin_public_key: 'admin:public_key',
    read_public_key: 'read:public_key',
    write_public_key: 'write:public_key',
    admin_repo_hook: 'admin:repo_hook',
    read_repo_hook: 'read:repo_hook',
    write_repo_hook: 'write:repo_hook',
    repo_status: 'repo:status',
    ...same(['delete_repo', 'gist', 'notifications', 'public_repo', 'repo', 'repo_deployment']),
  },
  windowslive: {
    signin: 'openid',
    emails: 'email',
    offline_access: 'offline_access',
    graph_user: 'User.Read',
    graph_user_update: 'User.ReadWrite',
    graph_calendars: 'Calendars.Read',
    graph_calendars_update: 'Calendars.ReadWrite',
    graph_contacts: 'Contacts.Read',
    graph_contacts_update: 'Contacts.ReadWrite',
    graph_emails: 'Mail.Read',
    graph_emails_update: 'Mail.ReadWrite',
    graph_files: 'Files.Read',
    graph_files_update: 'Files.ReadWrite',
    graph_notes: 'Notes.Read',
    graph_notes_update: 'Notes.ReadWrite',
    graph_tasks: 'Tasks.Read',
    graph_tasks_update: 'Tasks.ReadWrite',
  },
  apple: { email: 'email', name: 'name' },
  linkedin: { openid: 'openid', profile: 'profile', email: 'email' },
  waad: { basic_profile: null, ext_profile: null },
};

function google(names: Record<string, string>): Record<string, string> {
  const all = Object.entries(names);
  return Object.fromEntries(
    all.map(([option, name]) => [option, `https://www.googleapis.com/auth/${name}`]),
  );
}

function same(names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, name]));
}

/** Returns the options of a strategy that ask for one permission each. */
export function scopeOptionsOf(strategy: string): string[] {
  return Object.keys(SCOPES[strategy] ?? {});
}

/**
 * Returns the scopes that a connection asks its provider for: those of `scope` (a list, or a text with blanks or commas) and
 * `freeform_scopes`, and one for each option that is on. `scope` may contain the names of such options.
 */
export function scopesOf({
  strategy,
  options,
}: {
  strategy: string;
  options: Record<string, unknown>;
}): string[] {
  const known = SCOPES[strategy] ?? {};
  const named = (name: string) => (Object.hasOwn(known, name) ? (known[name] ?? []) : name);
  const listed = [...scopeList(options.scope), ...scopeList(options.freeform_scopes)];
  const switched = Object.keys(known).filter((name) => options[name] === true);
  return [...new Set([...listed, ...switched].flatMap(named))];
}

/** Returns the scopes of a list, or of a text with blanks or commas between them. Drops what no scope can be (RFC 6749 §3.3). */
export function scopeList(value: unknown): string[] {
  const parts = typeof value === 'string' ? value.split(/[\s,]+/) : stringsOf(value);
  return parts.filter((part) => /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/.test(part));
}
