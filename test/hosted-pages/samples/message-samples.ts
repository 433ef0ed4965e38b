import type { MessageValues } from '../../../src/http/hosted-pages/page-values/message-values.ts';
import type { SamplesOf } from './samples-of.ts';

export const messageSamples: SamplesOf<MessageValues> = {
  message: [
    { sign: 'good', title: 'Done', lead: 'You can close this page.' },
    {
      sign: 'mail',
      title: 'Check your email',
      lead: 'It is on its way.',
      hints: ['Look in your spam folder.'],
      onwardUrl: '/login',
      onwardText: 'Back to log in',
    },
    {
      sign: 'ask',
      title: 'Log out?',
      lead: 'You can log in again.',
      form: { action: '/here', fields: [['xsrf', 'xsrf-1']], submit: 'Log out' },
    },
    {
      sign: 'oops',
      title: 'Something is wrong',
      lead: 'Go back to the application.',
      developers: { text: 'This callback is unknown.', parameter: 'redirect_uri', sent: 'a:b' },
      requestId: 'req-1',
      code: 'invalid_request',
    },
    {
      sign: 'lost',
      title: 'No such page',
      lead: 'The address is wrong.',
      developers: { text: 'The request has no client.', parameter: null, sent: null },
      requestId: 'req-1',
    },
  ],
  frame: [
    { title: 'Console', body: '<p>Hello</p>', moreStyle: '/console.css', sign: 'info' },
    { title: 'Console', body: '<p>Hello</p>', moreStyle: '/console.css' },
  ],
};
