// How the print looks: its colours and margin, and what its fonts can write.

export const ink = '#1c2530';
export const soft = '#5a6673';
export const line = '#d5dbe1';
/** Points. */
export const margin = 48;

/** The standard fonts know Latin-1 and a few marks more. The rest is told by number: two people whose names they lack stay two. */
export function written(text: string): string {
  return text.replaceAll(
    /[^\n\u0020-\u007e\u00a1-\u00ac\u00ae-\u00ff–—‘’“”…]/gu,
    (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
