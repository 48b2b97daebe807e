/** How a parser understands what came on one connection. */
export interface Reading {
  readonly requests: ReadRequest[];
  /** Why it stopped: `open` waits for more, `closed` is a last request, anything else is a refusal. */
  ending: string;
  /** Octets read until then: where the next request starts, or the one that was refused or is not whole. */
  position: number;
}

export interface ReadRequest {
  /** Position of its first octet; 0 where a parser does not tell. */
  readonly start: number;
  readonly method: string;
  readonly target: string;
  readonly minorVersion: number;
  /** `name: value` lines as they came, blanks around the value removed. */
  readonly fields: string;
  readonly persistent: boolean;
  body: string;
  trailers: string;
  /** The end of the body has come. */
  complete: boolean;
}
