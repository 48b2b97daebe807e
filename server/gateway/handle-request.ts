import { bodyTooLarge, maxBodyBytes } from './admit.ts';
import { type KeyChecker, showsKey, type TokenFault } from './authenticate.ts';
import { countedAddress, tooManyBadKeys } from './bad-keys.ts';
import { isPinned } from './choose-deployment.ts';
import type { Credential } from './credential-watch.ts';
import { allowedOrigin, isPreflight, preflightLines } from './cors.ts';
import { ANSWERS, type GatewayAnswer } from './gateway-answer.ts';
import type { GatewayCore } from './gateway-core.ts';
import { fieldId } from './http1/field-names.ts';
import { BODY_NONE } from './http1/message-framing.ts';
import type { RequestHead } from './http1/request-head.ts';
import { authorityRange, matchRoute, type RouteMatch } from './match-route.ts';
import { isFromAllowedNetwork } from './network-access.ts';
import type { EndpointRoute } from './route-index.ts';

const HOP = fieldId('viridian-hop');
const CLIENT_REQUEST_ID = fieldId('x-ms-client-request-id');
const UPGRADE = fieldId('upgrade');
const ORIGIN = fieldId('origin');
const WEBSOCKET_KEY = fieldId('sec-websocket-key');
const WEBSOCKET_VERSION = fieldId('sec-websocket-version');

const SAFE_REQUEST_ID = /^[A-Za-z0-9._:-]{1,100}$/;

/** What becomes of a request. */
export type Decision =
  | { readonly kind: 'forward' }
  | { readonly kind: 'answer'; readonly answer: GatewayAnswer }
  | { readonly kind: 'preflight'; readonly lines: string }
  | { readonly kind: 'challenge'; readonly text: string };

const TOKEN_REFUSALS: Readonly<Record<TokenFault, GatewayAnswer>> = {
  missing: ANSWERS.tokenMissing,
  invalid: ANSWERS.tokenInvalid,
  expired: ANSWERS.tokenExpired,
};

const FORWARD: Decision = { kind: 'forward' };

/** What the decision reads of a request, and what it notes on it for those who carry it out. */
export interface DecidedRequest extends RouteMatch {
  readonly head: RequestHead;
  readonly client: { readonly peerAddress: string; readonly keys: KeyChecker };
  clientRequestId: string | null;
  corsOrigin: string | null;
  endpoint: EndpointRoute | null;
  consumerId: string;
  /** What opened the endpoint; null where nothing had to. */
  credential: Credential | null;
  bodyLimit: number;
  upgrade: boolean;
  pinned: boolean;
}

/**
 * What the head alone decides, in order: loop → id → challenge → route → network → preflight → key → WebSocket → size. Limits and the choice of a deployment
 * follow when the request starts (see `Exchange.start`). Touches nothing but the notes on the request.
 */
export function decideRequest(core: GatewayCore, request: DecidedRequest): Decision {
  const { head } = request;
  const refusal = checkIds(core, request);
  if (refusal !== null) return answer(refusal);

  const challenge = core.challenges.find(head);
  if (challenge !== null) return { kind: 'challenge', text: challenge };
  if (core.routes.revision === 0) return answer(ANSWERS.starting);
  const endpoint = matchRoute(core.routes, head, core.domain, request);
  if (endpoint === null) return answer(ANSWERS.noRoute);
  request.endpoint = endpoint;
  request.corsOrigin = allowedOrigin(endpoint.table.corsOrigins, head);
  const { networks } = endpoint;
  if (
    networks !== null &&
    !isFromAllowedNetwork(request.client.peerAddress, head.fields, networks, core.routes.trustedForwarders)
  ) {
    return answer(ANSWERS.privateNetwork);
  }

  const preflight = isPreflight(head);
  if (preflight && endpoint.table.corsOrigins.length > 0) return answerPreflight(request);
  // Browsers send preflights without credentials: where the gateway does not answer them, the model has to see them.
  if (!preflight && endpoint.takesTokens) {
    const token = request.client.keys.checkToken(core.routes.verifier, endpoint.table.auth.audience ?? null, head);
    if (token === 'invalid') return refuseBadKey(core, request, TOKEN_REFUSALS.invalid);
    if (typeof token === 'string') return answer(TOKEN_REFUSALS[token]);
    request.consumerId = token.id;
    request.credential = token;
  } else if (!preflight && endpoint.table.auth.mode !== 'none') {
    const key = request.client.keys.check(endpoint.keys, head);
    if (key === null) return refuseKey(core, request);
    request.consumerId = key.id;
    request.credential = key;
  }

  const upgrade = checkUpgrade(request, endpoint);
  if (upgrade !== null) return answer(upgrade);
  request.bodyLimit = maxBodyBytes(endpoint, core.settings);
  if (head.contentLength > request.bodyLimit) return answer(bodyTooLarge(request.bodyLimit));
  request.pinned = isPinned(head);
  return FORWARD;
}

function answer(given: GatewayAnswer): Decision {
  return { kind: 'answer', answer: given };
}

function refuseKey(core: GatewayCore, request: DecidedRequest): Decision {
  const refusal = ANSWERS.unauthorized;
  return showsKey(request.head) ? refuseBadKey(core, request, refusal) : answer(refusal);
}

/** @param refusal as long as there were not too many from the same address */
function refuseBadKey(core: GatewayCore, { head, client }: DecidedRequest, refusal: GatewayAnswer): Decision {
  const { badKeys, counters, routes } = core;
  const waitMs = badKeys.count(countedAddress(client.peerAddress, head.fields, routes), performance.now());
  if (waitMs === 0) return answer(refusal);
  counters.increment('shed.bad_keys');
  return answer(tooManyBadKeys(waitMs));
}

/** Refuses requests that come back to us, and ids of the caller that could not be sent back safely. */
function checkIds(core: GatewayCore, request: DecidedRequest): GatewayAnswer | null {
  const { fields } = request.head;
  if (fields.has(HOP)) {
    for (let line = 0; line < fields.count; line += 1) {
      if (fields.ids[line] === HOP && fields.value(line) === core.hopId) return ANSWERS.loop;
    }
  }
  const id = fields.valueOf(CLIENT_REQUEST_ID);
  if (id === null) return null;
  if (fields.isRepeated(CLIENT_REQUEST_ID) || !SAFE_REQUEST_ID.test(id)) return ANSWERS.clientRequestId;
  request.clientRequestId = id;
  return null;
}

function answerPreflight(request: DecidedRequest): Decision {
  const origin = request.corsOrigin;
  if (origin === null) return answer(ANSWERS.preflightRefused);
  return { kind: 'preflight', lines: preflightLines(origin, request.head) };
}

/**
 * Whether a WebSocket handshake may go on (RFC 6455 section 4.2.1). Any other protocol in Upgrade is ignored, as RFC 9110 section 7.8 allows:
 * the request is served as the plain one it also is.
 */
function checkUpgrade(request: DecidedRequest, endpoint: EndpointRoute): GatewayAnswer | null {
  const { head } = request;
  const line = head.fields.lineOf(UPGRADE);
  if (line < 0 || !head.upgrade || !head.fields.valueEquals(line, 'websocket')) return null;
  if (!endpoint.table.allowWebsocket) return ANSWERS.upgradeNotAllowed;
  const version = head.fields.valueOf(WEBSOCKET_VERSION);
  const wellFormed =
    head.method === 'GET' &&
    head.minorVersion === 1 &&
    head.bodyKind === BODY_NONE &&
    head.fields.has(WEBSOCKET_KEY) &&
    version === '13';
  if (!wellFormed) return ANSWERS.upgradeMalformed;
  if (!isOriginAllowed(request, endpoint)) return ANSWERS.upgradeOrigin;
  request.upgrade = true;
  return null;
}

/** Browsers do not keep a page of another site from opening a WebSocket: the server has to look at Origin (RFC 6455 section 10.2). */
function isOriginAllowed(request: DecidedRequest, endpoint: EndpointRoute): boolean {
  const { head } = request;
  const origin = head.fields.valueOf(ORIGIN);
  if (origin === null || request.corsOrigin !== null || endpoint.table.corsOrigins.includes('*')) return true;
  const [start, end] = authorityRange(head);
  const host = head.bytes.toString('latin1', start, end).toLowerCase();
  return host !== '' && origin.toLowerCase().replace(/^https?:\/\//, '') === host;
}
