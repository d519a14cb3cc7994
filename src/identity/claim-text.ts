// Which claims are text. JSON can spell half a character (`"\ud800"`), which no record can, so that is none.

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed();
}

/** What may stand for somebody in a record. */
export function isName(value: unknown): value is string {
  return isText(value) && value !== '';
}

/** A list of strings, or one string. */
export function textsOf(value: unknown): string[] {
  return [value].flat().filter(isText);
}
