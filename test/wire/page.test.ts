// What others wrote, on a page somebody judges by: it shows what it is, and moves nothing around it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { page, plainText, visible } from '../../src/wire/http/page.ts';

test('what would not show, or would turn the order of what shows, stands as its code point', () => {
  assert.equal(
    visible('DROP\u202e\u2066 x\u200b\ufeff\u3164\u034f;\0'),
    'DROP\\u{202e}\\u{2066} x\\u{200b}\\u{feff}\\u{3164}\\u{034f};\\u{0000}',
  );
  assert.equal(visible('a\n\tb'), 'a\n\tb');
});

test('text from right to left is kept apart, so that what stands between two runs stays in its order', () => {
  assert.equal(plainText("'א' - 5 - 'ب'"), '&#39;<bdi>א</bdi>&#39; - 5 - &#39;<bdi>ب</bdi>&#39;');
  assert.equal(plainText('مريم الزهراء asks'), '<bdi>مريم الزهراء</bdi> asks');
  assert.equal(plainText('<b>"&\''), '&#60;b&#62;&#34;&#38;&#39;');
});

test('a title is text, in the heading and in the name of the window', () => {
  const html = page({ title: '<script>\u202e', body: '' });
  assert.ok(!html.includes('<script>') && !html.includes('\u202e'));
});

test('who is signed in finds the other pages, and who is not sees no way there', () => {
  const html = page({ title: 'x', body: '', at: '/approvals' });
  assert.match(html, /<a href="\/approvals" aria-current="page">/);
  assert.match(html, /<a href="\/break-glass">/);
  assert.ok(!page({ title: 'x', body: '' }).includes('<nav'));
});
