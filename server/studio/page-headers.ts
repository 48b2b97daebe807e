/** Request header in which proxy.ts notes the path and query of a page, which layouts have no other way to see. */
export const REQUESTED_PATH_HEADER = 'x-viridian-requested-path';

/** Request header with the nonce of this page's Content-Security-Policy. */
export const NONCE_HEADER = 'x-viridian-nonce';
