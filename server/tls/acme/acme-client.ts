import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ChallengeType } from '../tls-config.ts';
import type { AccountKey } from './account-key.ts';
import { type AcmeAnswer, callAcme } from './acme-http.ts';

/** The ACME server refused, in its words. */
export class AcmeError extends Error {
  override readonly name = 'AcmeError';
  /** Its error type without the common prefix (RFC 8555 section 6.7), '' where it gave none. */
  readonly kind: string;

  constructor(message: string, kind = '') {
    super(message);
    this.kind = kind;
  }
}

const directorySchema = z.object({ newNonce: z.string(), newAccount: z.string(), newOrder: z.string() });
const problemSchema = z.object({ type: z.string().default(''), detail: z.string().default('') });
const challengeSchema = z.object({
  type: z.string(),
  url: z.string(),
  token: z.string().default(''),
  error: problemSchema.optional(),
});
const authorizationSchema = z.object({ status: z.string(), challenges: z.array(challengeSchema) });
const orderSchema = z.object({
  status: z.string(),
  authorizations: z.array(z.string()).default([]),
  finalize: z.string(),
  certificate: z.string().optional(),
  error: problemSchema.optional(),
});

type Directory = z.infer<typeof directorySchema>;
type Order = z.infer<typeof orderSchema>;
type Authorization = z.infer<typeof authorizationSchema>;

const ERROR_PREFIX = 'urn:ietf:params:acme:error:';
const MAX_NONCE_RETRIES = 5;
const POLL_MS = 500;
const LONGEST_POLL_MS = 10_000;
/** Servers look at a challenge from several places, which takes seconds; more than this is a fault. */
const POLL_LIMIT_MS = 120_000;

export interface AcmeClientOptions {
  directoryUrl: string;
  caPem: string | null;
  key: AccountKey;
  /** Of the account, where it is known from before. */
  accountUrl: string | null;
  email: string | null;
  signal: AbortSignal;
}

export interface CertificateOrder {
  name: string;
  challengeType: ChallengeType;
  /** Has the challenge answered; what it returns takes the answer away again. */
  answerChallenge(challenge: { token: string; keyAuthorization: string }): Promise<() => Promise<void>>;
  /** DER of the certificate request. */
  csr: Buffer;
}

/** Speaks ACME (RFC 8555) for one account. */
export class AcmeClient {
  /** Known after `ensureAccount`. */
  accountUrl: string | null;
  private readonly options: AcmeClientOptions;
  private directory: Directory | null = null;
  private nonce: string | null = null;

  constructor(options: AcmeClientOptions) {
    this.options = options;
    this.accountUrl = options.accountUrl;
  }

  /** Finds the account of the key, or opens one. Whoever names hosts to get certificates for agrees to the server's terms. */
  async ensureAccount(): Promise<void> {
    const { newAccount } = await this.readDirectory();
    if (this.accountUrl !== null) return;
    const { email } = this.options;
    const contact = email === null ? {} : { contact: [`mailto:${email}`] };
    const answer = await this.post(newAccount, { termsOfServiceAgreed: true, ...contact });
    this.accountUrl = locationOf(answer);
  }

  /**
   * Proves control over a name and gets a certificate for it.
   * @returns the certificate with its intermediates, PEM
   * @throws AcmeError
   */
  async obtain({ name, challengeType, answerChallenge, csr }: CertificateOrder): Promise<string> {
    const { newOrder } = await this.readDirectory();
    const made = await this.post(newOrder, { identifiers: [{ type: 'dns', value: name }] });
    const orderUrl = locationOf(made);
    const order = orderSchema.parse(JSON.parse(made.text));
    for (const url of order.authorizations) await this.authorize(url, name, challengeType, answerChallenge);
    await this.post(order.finalize, { csr: csr.toString('base64url') });
    const done = await this.poll(orderUrl, orderSchema, ({ status }) => status !== 'processing' && status !== 'ready');
    if (done.status !== 'valid' || done.certificate === undefined) throw new AcmeError(describeOrder(done, name));
    return (await this.post(done.certificate, null, 'application/pem-certificate-chain')).text;
  }

  private async authorize(
    url: string,
    name: string,
    type: ChallengeType,
    answerChallenge: CertificateOrder['answerChallenge'],
  ): Promise<void> {
    const authorization = authorizationSchema.parse(JSON.parse((await this.post(url, null)).text));
    if (authorization.status === 'valid') return;
    const challenge = authorization.challenges.find((one) => one.type === type);
    if (challenge === undefined) throw new AcmeError(`The ACME server does not offer ${type} for ${name}.`);
    const keyAuthorization = this.options.key.keyAuthorization(challenge.token);
    const withdraw = await answerChallenge({ token: challenge.token, keyAuthorization });
    try {
      await this.post(challenge.url, {});
      const ended = await this.poll(url, authorizationSchema, ({ status }) => status !== 'pending');
      if (ended.status !== 'valid') throw new AcmeError(describeAuthorization(ended, name, type));
    } finally {
      await withdraw();
    }
  }

  private async poll<T>(url: string, schema: z.ZodType<T>, isDone: (value: T) => boolean): Promise<T> {
    const endAt = performance.now() + POLL_LIMIT_MS;
    for (;;) {
      const answer = await this.post(url, null);
      const value = schema.parse(JSON.parse(answer.text));
      if (isDone(value)) return value;
      if (performance.now() > endAt) throw new AcmeError('The ACME server came to no decision within two minutes.');
      await sleep(pauseOf(answer), undefined, { signal: this.options.signal });
    }
  }

  private async readDirectory(): Promise<Directory> {
    if (this.directory !== null) return this.directory;
    const { directoryUrl, caPem, signal } = this.options;
    const answer = await callAcme({ method: 'GET', url: directoryUrl, caPem, signal });
    if (answer.status !== 200) throw new AcmeError(`${directoryUrl} answered with status ${answer.status}.`);
    this.directory = directorySchema.parse(JSON.parse(answer.text));
    return this.directory;
  }

  /** A signed request; tried again with a fresh nonce when the server has forgotten the one that it gave (RFC 8555 section 6.5). */
  private async post(url: string, payload: unknown, accept = 'application/json'): Promise<AcmeAnswer> {
    const { key, caPem, signal } = this.options;
    for (let tries = 0; ; tries += 1) {
      const nonce = await this.takeNonce();
      const body = key.signRequest({ url, nonce, accountUrl: this.accountUrl }, payload);
      const headers = { 'Content-Type': 'application/jose+json', Accept: accept };
      const answer = await callAcme({ method: 'POST', url, headers, body, caPem, signal });
      this.nonce = headerOf(answer, 'replay-nonce');
      if (answer.status < 300) return answer;
      const problem = parseProblem(answer);
      const kind = problem.type.replace(ERROR_PREFIX, '');
      if (kind !== 'badNonce' || tries >= MAX_NONCE_RETRIES) throw refusal(kind, problem.detail, answer.status);
    }
  }

  private async takeNonce(): Promise<string> {
    const kept = this.nonce;
    this.nonce = null;
    if (kept !== null) return kept;
    const { caPem, signal } = this.options;
    const { newNonce } = await this.readDirectory();
    const fresh = headerOf(await callAcme({ method: 'HEAD', url: newNonce, caPem, signal }), 'replay-nonce');
    if (fresh === null) throw new AcmeError('The ACME server gives no nonces.');
    return fresh;
  }
}

function headerOf({ headers }: AcmeAnswer, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

function locationOf(answer: AcmeAnswer): string {
  const location = headerOf(answer, 'location');
  if (location === null) throw new AcmeError('The ACME server does not say where it put what it made.');
  return location;
}

function pauseOf(answer: AcmeAnswer): number {
  const seconds = Number(headerOf(answer, 'retry-after'));
  return seconds > 0 ? Math.min(seconds * 1_000, LONGEST_POLL_MS) : POLL_MS;
}

function parseProblem({ text }: AcmeAnswer): z.infer<typeof problemSchema> {
  try {
    return problemSchema.parse(JSON.parse(text));
  } catch {
    return { type: '', detail: '' };
  }
}

function refusal(kind: string, detail: string, status: number): AcmeError {
  const what = kind === '' ? String(status) : `${status} ${kind}`;
  return new AcmeError(`The ACME server refused (${what}): ${detail || 'it gave no reason'}`, kind);
}

function describeAuthorization({ status, challenges }: Authorization, name: string, type: ChallengeType): string {
  const why = challenges.find(({ error }) => error !== undefined)?.error?.detail;
  return `${name} could not be proved by ${type}: ${why ?? `the authorization is ${status}`}`;
}

function describeOrder({ status, error }: Order, name: string): string {
  return `The order for ${name} ended as ${status}${error === undefined ? '' : `: ${error.detail}`}`;
}
