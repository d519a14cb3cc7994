// Names and places nobody lists, in everyday prose; and clinical text, which is full of strange words that are neither.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { detect } from '../../src/masking/detect.ts';

/** What stays of the letters and digits between « and », and what else was taken. */
function judged(marked: string, prose = true): { readonly left: string; readonly taken: string } {
  const text = marked.replace(/[«»]/g, '');
  const covered = new Set<number>();
  for (const span of detect(text, prose)) for (let at = span.start; at < span.end; at++) covered.add(at);
  let [inside, at, left, taken] = [false, 0, '', ''];
  for (const char of marked) {
    if (char === '«' || char === '»') {
      inside = char === '«';
      continue;
    }
    if (/[\p{L}\p{N}]/u.test(char) && inside !== covered.has(at)) {
      if (inside) left += char;
      else taken += char;
    }
    at += char.length;
  }
  return { left, taken };
}

const prose = [
  'When is «Quillfeather» coming to the party?',
  'I asked «Þórunn Vilbergsdóttir» about the bill yesterday.',
  'Please send it to «88 Wibbleton Mews», «Frumpington»',
  'She grew up in «Tadcasterby» and moved here for work.',
  '«Zbigniew Wolańczyk»\n«4410 Ulica Dębowa 12»\n«Apt. 31»\n«Gdowinek»',
  'They never pick up the phone at «77 412 903» in the morning.',
  'we met «ulrika bjornsdottir» at the bus stop',
  'His parents, «Olamide» and «Temitope», live next door.',
];

const clinical = [
  'Continue metoprolol and Zyxtrelimab 40 mg for hypertension.',
  'Assess the patient with the Morse Fall Scale after surgery.',
  'Streptococcus pneumoniae grew in the culture; start Ceftazidone.',
  'Received certificate of high school equivalency (finding)',
];

describe('strangers', () => {
  it('are found in prose, and little else is', () => {
    for (const text of prose) assert.deepEqual(judged(text), { left: '', taken: '' }, text);
  });

  it('are not looked for in clinical text', () => {
    for (const text of clinical) assert.deepEqual(judged(text), { left: '', taken: '' }, text);
  });

  it('are not looked for in codes', () => {
    for (const code of [
      'a_01M7YQDJ7GASKH0VBHQKH23WMF',
      '01M7YQQ7998351BBZYA13D84MG',
      '9f1cQuillfeather7',
      'x7Wolan9',
    ]) {
      const text = `This call needs approval ${code}. Ask a reviewer, then call the tool again with the same arguments.`;
      assert.deepEqual(judged(text), { left: '', taken: '' }, text);
    }
  });

  it('are not looked for in values and statements', () => {
    for (const text of ['Wegovy', 'Acme Zyxtra', 'NaCl 3'])
      assert.deepEqual(judged(text), { left: '', taken: '' }, text);
    const sql = 'SELECT wardlabl FROM zyxwards WHERE qtybeds > 3 ORDER BY wardlabl';
    assert.deepEqual(judged(sql, false), { left: '', taken: '' });
  });
});
