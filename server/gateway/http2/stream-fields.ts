/** What a field name may be in HTTP/2: a token in lower case, or a pseudo-field (RFC 9113 sections 8.2.1, 8.3). */
const NAME = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/;
// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const FORBIDDEN_IN_VALUE = /[\0-\x08\x0a-\x1f\x7f]/;

/**
 * Whether all names and values of a field section could stand in an HTTP/1.1 head without being read as anything else. nghttp2 lets nothing else through; what is
 * written into lines is looked at where it is written all the same (RFC 9113 section 10.3).
 */
export function areSafeFields(fields: readonly string[]): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    if (!NAME.test(fields[i] as string) || FORBIDDEN_IN_VALUE.test(fields[i + 1] as string)) return false;
  }
  return true;
}
