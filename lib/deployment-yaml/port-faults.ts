import type { DraftFault, DraftField } from './draft-field.ts';

/** What is wrong with a port that somebody typed; nothing is, where none was. */
export function portFaults(text: string, field: DraftField): DraftFault[] {
  const port = text.trim();
  const isFine = port === '' || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535);
  return isFine ? [] : [{ field, message: 'A port is a whole number from 1 to 65535.' }];
}
