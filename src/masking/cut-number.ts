// A number whose parts stand in two texts, one behind the other.

/** A digit and its sign at the end of one, a digit at the beginning of the other; or the sign there. */
export function isCutNumber(before: string, text: string): boolean {
  return (/\d[-/]$/.test(before) && /^\d/.test(text)) || (/\d$/.test(before) && /^[-/]\d/.test(text));
}
