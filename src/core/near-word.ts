// What somebody may have meant to write: the known word that is a slip of the hand away.

/** The known word closest to `word`, if it is close enough to be a slip of the hand. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const reach = Math.max(1, Math.floor(word.length / 3));
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const each of known) {
    const distance = editDistance(word.toLowerCase(), each.toLowerCase());
    if (distance <= reach && (!best || distance < best.distance)) best = { word: each, distance };
  }
  return best?.word;
}

/** Insertions, deletions, replacements and swapped neighbours (optimal string alignment). A very long word is simply far. */
function editDistance(a: string, b: string): number {
  if (a.length > 64) return a.length;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const distance = Math.min(
        replaced,
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        swapped ? at(i - 2, j - 2) + 1 : Infinity,
      );
      rows[i]?.push(distance);
    }
  }
  return at(a.length, b.length);
}
