/* What makes a server's address and its headers right. Apart from the schemas, so that forms check as they are typed without carrying them. */

/** What answers show in place of a value that is kept sealed. Written back, it means the value that is kept. */
export const MASKED_VALUE = '********';

/** Where an external server is, taken from its URL. */
export interface ExternalAddress {
  /** As the URL standard writes it, without a slash at the end. */
  url: string;
  isSecure: boolean;
  /** Name or address, IPv6 without brackets. */
  host: string;
  port: number;
  /** Host and, where it is not the default, port: what a client sends as `Host`. */
  authority: string;
  /** Empty, or a path that starts with a slash and ends without. */
  basePath: string;
}

/** What keeps a text from being the URL of an external server, as the rest of a sentence; null when nothing does. */
export function externalUrlFault(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || text.trim() !== text) return 'must be a URL such as "http://models.example:8000"';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with "http://" or "https://"';
  if (url.username !== '' || url.password !== '') return 'must hold no credentials: give them in "headers"';
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(text)) return 'must end with its path: no "?" and no "#"';
  if (url.port === '0') return 'must have a port between 1 and 65535';
  return /\/\/|%2f|%5c|;/i.test(url.pathname) ? 'must have a path without "//", ";" and escaped slashes' : null;
}

/** @param text a URL without a fault */
export function parseExternalUrl(text: string): ExternalAddress {
  const url = new URL(text);
  const isSecure = url.protocol === 'https:';
  const basePath = url.pathname.replace(/\/$/, '');
  return {
    url: `${url.protocol}//${url.host}${basePath}`,
    isSecure,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    authority: url.host,
    basePath,
  };
}

/** Fields that belong to the connection or that the gateway itself vouches for. */
const RESERVED_HEADER =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|content-length|upgrade|expect|via|forwarded|traceparent|tracestate|x-real-ip|(?:x-)?(?:ms-)?request-id|proxy-.*|x-forwarded-.*|sec-websocket-.*|azureml-.*|viridian-.*)$/;

export function headerNameFault(name: string): string | null {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(name)) {
    return 'must be the name of an HTTP field: letters, digits and "-"';
  }
  const plain = name.toLowerCase().replaceAll('_', '-');
  return RESERVED_HEADER.test(plain) ? 'must be another field: this one is written by the gateway' : null;
}

export function headerValueFault(value: string): string | null {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)
    ? null
    : 'must be visible ASCII characters, without a space at either end';
}
