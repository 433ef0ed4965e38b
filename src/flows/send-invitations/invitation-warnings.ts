/** Problems that the inviting operator should know before people get mail. The invitations are created all the same. */
export const INVITATION_WARNINGS = {
  application_not_enabled: {
    when: 'The application may not use the connection, so nobody can accept.',
    action: 'Enable the connection for the application.',
  },
  no_application: {
    when: 'The request names no application, so people end at a page without a link.',
    action: 'Set `client_id` or `result_url`.',
  },
} as const;

export type InvitationWarning = { code: keyof typeof INVITATION_WARNINGS; message: string };
