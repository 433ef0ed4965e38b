import { expect, test } from 'vitest';
import { plainTextOf } from './plain-text.ts';

test.each([
  ['<p>One</p><p>Two</p>', 'One\n\nTwo'],
  ['<p>Hello&nbsp;<b>Ada</b> &amp; Bob &#8211; &#x2014;</p>', 'Hello Ada & Bob – —'],
  ['<a href="https://x.test/?a=1&amp;b=2">Open</a>', 'Open:\nhttps://x.test/?a=1&b=2'],
  ['<a href="https://x.test/">https://x.test/</a>', 'https://x.test/'],
  ['<ul><li>One</li><li>Two</li></ul>', '- One\n- Two'],
  ['<style>p{color:red}</style><title>T</title><p>Body</p>', 'Body'],
  ['<div style="display:none">Preview</div><p>Body</p>', 'Body'],
  ['<!DOCTYPE html><html><body>Body</body></html>', 'Body'],
  ['<div class="html-only"><p>x</p></div>Body', 'Body'],
  ['<!-- not shown --><p>Body</p>', 'Body'],
  ['a<br>b', 'a\nb'],
  ['1 < 2 and 3 > 2', '1 < 2 and 3 > 2'],
  ['&lt;script&gt;', '<script>'],
  ['&toString; &valueOf;', '&toString; &valueOf;'],
  ['', ''],
])('%j reads as %j', (html, text) => {
  expect(plainTextOf(html)).toBe(text);
});

test('The time for hostile HTML grows only with its length.', () => {
  for (const piece of ['<a ', '<a href="', '<!--', '&', '<', '<div>']) {
    const html = piece.repeat(20_000);
    expect(plainTextOf(html).length).toBeLessThanOrEqual(html.length);
  }
});
