// The startup parameter `options` (libpq's PGOPTIONS): arguments for the server process, of which only those that set a
// run-time setting are understood. PostgreSQL: "Interacting with PostgreSQL via the Shell"; pg_split_opts(), ParseLongOption().

/** Settings in the order they are given, names as the server reads them; null where anything else is asked for. */
export function decodeStartupOptions(options: string): ReadonlyMap<string, string> | null {
  const settings = new Map<string, string>();
  const words = split(options);
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const assignment = word === '-c' ? words[++at] : /^(?:-c|--)(.+)$/s.exec(word)?.[1];
    const equals = assignment?.indexOf('=') ?? -1;
    if (assignment === undefined || equals < 1) return null;
    settings.set(assignment.slice(0, equals).replaceAll('-', '_'), assignment.slice(equals + 1));
  }
  return settings;
}

/** At white space, as isspace() of the C locale has it; a backslash takes the character behind it as it is. */
function split(options: string): string[] {
  const words = options.match(/(?:\\[^]|[^\\ \t\n\v\f\r])+/g) ?? [];
  return words.map((word) => word.replaceAll(/\\([^])/g, '$1'));
}
