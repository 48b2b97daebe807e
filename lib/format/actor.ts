/** `you` for the person who reads, also before the key that they used: `you (API key ci)`. Everybody else by the name that was recorded. */
export function formatActor(actor: string, reader: string): string {
  return actor === reader || actor.startsWith(`${reader} (`) ? `you${actor.slice(reader.length)}` : actor;
}
