// Detectors of the operator's own: a pattern, and words that must stand near it. RE2, so that no pattern can make a text
// take longer than linear time.

import { RE2JS } from 're2js';
import type { DetectorRule } from '../core/phi.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { after, before, type Find } from './detectors/detector.ts';

/** How far off, in UTF-16 code units, a word of the context may stand. */
const contextChars = 60;

/** What the rules find. The patterns must have passed `checkPattern`. */
export function ownDetectors(rules: readonly DetectorRule[]): readonly Find[] {
  return rules.map(({ pattern, context, cls }): Find => {
    const compiled = RE2JS.compile(pattern);
    const near =
      context.length === 0 ? null : RE2JS.compile(`(?i)(?:^|\\W)(?:${context.map(quoted).join('|')})(?:\\W|$)`);
    return (text, emit) => {
      const matcher = compiled.matcher(text);
      while (matcher.find()) {
        const [start, end] = [matcher.start(), matcher.end()];
        const around = near && `${before(text, start, contextChars)} ${after(text, end, contextChars)}`;
        if (around === null || near?.matcher(around).find()) emit(start, end, cls);
      }
    };
  });
}

function quoted(word: string): string {
  return RE2JS.quote(word);
}

/** Why a pattern cannot be one; the text holds nothing of it. */
export function checkPattern(pattern: string): Result<unknown, string> {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch {
    return fail('a pattern that RE2 does not know');
  }
  return compiled.matcher('').find() ? fail('a pattern that matches nothing at all, and so everywhere') : ok(compiled);
}
