/** How tus-js-client names what it keeps of an upload in the browser's storage. */
const KEY_PREFIX = 'tus::';

/** Whether this browser began uploads that it did not finish; told without loading the protocol's code. */
export function remembersUploads(): boolean {
  return Object.keys(localStorage).some((key) => key.startsWith(KEY_PREFIX));
}
