/** A word for a POSIX shell: single quotes keep everything literal, so only single quotes themselves need care. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
