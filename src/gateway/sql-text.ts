// Names and texts put into SQL that the gate writes itself.

/** A name as SQL has it, always quoted. */
export function identifier(...parts: readonly string[]): string {
  return parts.map((each) => `"${each.replaceAll('"', '""')}"`).join('.');
}

/** A text as SQL has it, whatever `standard_conforming_strings` is. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted}` : quoted;
}
