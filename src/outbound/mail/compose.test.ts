import PostalMime from 'postal-mime';
import { expect, test } from 'vitest';
import { composeMail, envelopeAddress, parseAddress, quotedPrintable } from './compose.ts';

const MAIL = {
  from: { name: 'Example', address: 'no-reply@example.test' },
  to: { address: 'ada@example.test' },
  subject: 'Hello',
  html: '<p>Hello</p>',
  text: 'Hello',
  messageId: 'msg_abc@id.example.test',
  date: new Date('2026-01-02T03:04:05Z'),
};

const roundTrip = (chosen: Partial<Parameters<typeof composeMail>[0]>) =>
  PostalMime.parse(composeMail({ ...MAIL, ...chosen }));

const HARD = [
  'plain',
  'ä ö ü ß € 漢字 🎉 עברית',
  'a = b, ends with a blank ',
  '.leading dot\n..two\n.',
  'tabs\tand  many   blanks',
  `${'x'.repeat(3000)} a long line`,
  `${'ü'.repeat(1500)}`,
  '👩‍👩‍👧‍👦'.repeat(40),
  'From the start of a line\nFrom: me',
  '=20=C3=A4 not encoded',
  'mixed\r\nline\rends\n',
];

test.each(HARD)('A body survives encoding unchanged: %j', async (content) => {
  const expected = content.replace(/\r\n?/g, '\n');
  const mail = await roundTrip({ text: content, html: `<pre>${content}</pre>` });
  expect(mail.text?.replace(/\n+$/, '')).toBe(expected.replace(/\n+$/, ''));
  expect(mail.html?.replace(/\n$/, '')).toBe(`<pre>${expected}</pre>`);
});

test.each(
  HARD,
)('No line exceeds the limit of mail servers, and all bytes are ASCII: %j', (content) => {
  const mail = composeMail({ ...MAIL, text: content, html: content, subject: content });
  for (const line of mail.split('\r\n')) {
    expect(line.length).toBeLessThanOrEqual(998);
    expect(line).toMatch(/^[\t\x20-\x7e]*$/);
  }
});

test.each([
  'Grüße aus Köln',
  'A very long subject that has many words, so many that it needs to be folded over several lines of the head',
  `${'漢字'.repeat(200)}`,
  'emoji 🎉 at the edge 👩‍👩‍👧‍👦'.repeat(5),
  'looks =?UTF-8?B?aGVsbG8=?= encoded',
  'x'.repeat(2000),
])('A subject survives encoding unchanged: %j', async (subject) => {
  const mail = await roundTrip({ subject });
  expect(mail.subject?.replace('\u200b', '')).toBe(subject);
});

test.each([
  'Ada Lovelace',
  'Łukasz "The Cat" O’Neil',
  'Comma, Inc.',
  'back\\slash',
  '"quoted"',
  'x'.repeat(300),
])('A name survives encoding unchanged: %j', async (name) => {
  const mail = await roundTrip({
    from: { name, address: 'no-reply@example.test' },
    to: { name, address: 'ada@example.test' },
  });
  expect(mail.from).toMatchObject({ name, address: 'no-reply@example.test' });
  expect(mail.to).toMatchObject([{ name, address: 'ada@example.test' }]);
});

test.each([
  '\r\nBcc: all@example.test',
  '\nBcc: all@example.test',
  '\rBcc: all@example.test',
  '\u2028Bcc: x',
])('No input starts a header of its own: %j', async (evil) => {
  const mail = await roundTrip({
    subject: `Hello${evil}`,
    from: { name: `Example${evil}`, address: 'no-reply@example.test' },
    messageId: `msg${evil}@id.example.test`,
    headers: { 'X-Campaign': `one${evil}` },
  });
  expect(mail.headers.map((header) => header.key)).not.toContain('bcc');
  expect(mail.bcc ?? []).toEqual([]);
  expect(mail.subject).toContain('Bcc:');
});

test.each([
  'ada@example.test\r\nBcc: all@example.test',
  'ada@example.test, bob@example.test',
  'ada@example.test> <bob@example.test',
  '<ada@example.test>',
  'ada',
  '@example.test',
  'ada@',
  'a b@example.test',
  'ada@exa mple.test',
  '.ada@example.test',
])('An invalid address is refused: %j', (address) => {
  expect(() => envelopeAddress(address)).toThrow();
  expect(() => composeMail({ ...MAIL, to: { address } })).toThrow();
});

test('A non-ASCII domain is sent in its DNS form.', () => {
  expect(envelopeAddress('jürgen@müller.example')).toBe('jürgen@xn--mller-kva.example');
});

test('A header name cannot be forged.', () => {
  expect(() => composeMail({ ...MAIL, headers: { 'X:\r\nBcc': 'x' } })).toThrow();
});

test('A sender is parsed in each of its forms.', () => {
  expect(parseAddress('Usher <a@example.test>')).toEqual({
    name: 'Usher',
    address: 'a@example.test',
  });
  expect(parseAddress('"Usher, Inc." <a@example.test>')).toEqual({
    name: 'Usher, Inc.',
    address: 'a@example.test',
  });
  expect(parseAddress('a@example.test')).toEqual({ address: 'a@example.test' });
  // A template writes this form for an application with such a name.
  expect(parseAddress('Bob "Best" Shop <a@example.test>')).toEqual({
    name: 'Bob "Best" Shop',
    address: 'a@example.test',
  });
  expect(() => parseAddress('Usher')).toThrow();
});

test('A message has the headers of an automatic mail.', async () => {
  const mail = await roundTrip({});
  expect(mail.messageId).toBe('<msg_abc@id.example.test>');
  expect(new Date(mail.date ?? '').toISOString()).toBe('2026-01-02T03:04:05.000Z');
  expect(mail.headers).toContainEqual(
    expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
  );
});

test('Quoted-printable lines have at most 76 columns and never end with a blank.', () => {
  for (const line of quotedPrintable(HARD.join('\r\n')).split('\r\n')) {
    expect(line.length).toBeLessThanOrEqual(76);
    expect(line).not.toMatch(/[ \t]$/);
  }
});
