// Durations as people write them, in the configuration and on the command line.

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  // A leap year's length, so that nothing kept for years goes a day early.
  y: 366 * 86_400_000,
};

export const durationText: RegExp = /^(\d{1,9})(ms|s|m|h|d|y)$/;

/** `15m` → 900 000. Null for what is no duration. */
export function parseDuration(text: string): number | null {
  const match = durationText.exec(text);
  return match ? Number(match[1]) * (unitMs[match[2] ?? ''] ?? 0) : null;
}
