import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import type { ConsolePage, ConsoleValues } from '../../src/http/console/page-values.ts';
import { createPageEngine } from '../../src/platform/templates/templates.ts';
import type { SamplesOf } from '../hosted-pages/samples/samples-of.ts';
import { templateReadsItsValues } from './template-rules.ts';

const TEMPLATES = join(import.meta.dirname, '../../src/http/console/templates');
const START = join(import.meta.dirname, '../../src/http/start-page');

const row = {
  noun: 'users',
  scopes: [
    { value: 'read:users', verb: 'read', isChosen: true },
    { value: 'create:users', verb: 'create', isChosen: false },
  ],
  isOpen: true,
};
const home: ConsoleValues['home'] = {
  publicUrl: 'https://id.example.com',
  counts: [
    { label: 'Users', value: '10,000', isBad: false },
    { label: 'Emails failed', value: '1', isBad: true },
  ],
  programs: [
    {
      name: 'Nightly import',
      clientId: 'client-1',
      scope: ['read:users'],
      scopes: '1 scope',
      isEvery: false,
      made: '2026-05-04',
      isFromEnvironment: false,
      revokeUrl: '/revoke',
    },
  ],
  hasMore: true,
  listed: 100,
  hasMailbox: true,
  clientId: 'client-2',
  maxName: 100,
  choice: {
    presets: [{ label: 'Everything', url: '/all', isChosen: true }],
    common: [row],
    others: [row],
    isOpen: true,
  },
  csrf: 'csrf-1',
  logoutCsrf: 'csrf-2',
  problem: 'Choose at least one scope.',
  isNameBad: false,
  name: 'Nightly import',
};

const samples: SamplesOf<ConsoleValues> = {
  home: [
    home,
    { ...home, programs: [], hasMore: false, hasMailbox: false, problem: null, name: null },
    {
      ...home,
      programs: home.programs.map((program) => ({
        ...program,
        isEvery: true,
        isFromEnvironment: true,
      })),
    },
  ],
  credentials: [
    {
      name: 'Nightly import',
      publicUrl: 'https://id.example.com',
      clientId: 'client-1',
      clientSecret: 'secret-1',
      scope: ['read:users'],
    },
  ],
  revoke: [{ id: 'client-1', action: '/here', csrf: 'csrf-1' }],
  message: [
    { lead: 'It came from another site.', onwardUrl: '/console', onwardText: 'Back' },
    { lead: 'It has no administrators.', onwardUrl: null, onwardText: null },
  ],
};

const engine = createPageEngine(TEMPLATES, { isStrict: true });

test.each(Object.entries(samples))('the console’s template %s reads its values', (name, list) => {
  const titled = list.map((values) => ({ ...values, title: 'Hello' }));
  for (const values of titled) {
    expect(engine.renderFileSync(name, values)).not.toMatch(/undefined|\[object /);
  }
  expect(templateReadsItsValues(engine, name, titled, [])).toEqual([]);
});

test('each template of the console has a sample, or is a part of another', () => {
  const files = readdirSync(TEMPLATES).map((file) => basename(file, '.liquid'));
  expect([...Object.keys(samples), 'scope-row'].toSorted()).toEqual(files.toSorted());
});

test.each([
  'open',
  'closed',
  'none',
])('the start page reads its values (mailbox: %s)', (mailbox) => {
  const values = { title: 'Hello', publicUrl: 'https://id.example.com', mailbox };
  const start = createPageEngine(START, { isStrict: true });
  expect(start.renderFileSync('start-page', values)).toContain('https://id.example.com');
  expect(templateReadsItsValues(start, 'start-page', [values], [])).toEqual([]);
});

test('a page of the console with a missing or a superfluous value does not compile', () => {
  const wrong: ConsolePage[] = [
    // @ts-expect-error: `csrf` is missing.
    { template: 'revoke', title: 'Revoke?', values: { id: 'client-1', action: '/here' } },
    // @ts-expect-error: a message has no code.
    { template: 'message', title: 'No', values: { ...samples.message[1], code: '1' } },
  ];
  expect(wrong).toHaveLength(2);
});
