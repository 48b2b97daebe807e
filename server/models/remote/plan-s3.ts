import { AwsV4Signer } from 'aws4fetch';
import { AppError } from '#server/kernel/app-error.ts';
import { type ListedObject, parseListing, parseS3Error } from './s3-listing.ts';
import { explainStatus, readText } from './read-answer.ts';
import type { RemoteHttp, RemoteRequest } from './remote-http.ts';
import type { RemoteFile, RemotePlan } from './remote-plan.ts';
import type { RemoteModelsSettings } from './remote-settings.ts';
import { safeSegments } from './safe-segments.ts';

const HINT = 'Check VIRIDIAN_S3_ACCESS_KEY_ID and VIRIDIAN_S3_SECRET_ACCESS_KEY, and what that key may read.';
/** Pages of a thousand. */
const MAX_PAGES = 11;

export interface S3Place {
  bucket: string;
  key: string;
}

/** One object (unpacked if it is an archive), or everything below a prefix, which becomes the model's one folder. */
export async function planS3(
  { bucket, key }: S3Place,
  settings: RemoteModelsSettings,
  http: RemoteHttp,
  signal: AbortSignal,
): Promise<RemotePlan> {
  const prefix = key.replace(/^\/+|\/+$/g, '');
  const listed = await listObjects({ bucket, key: prefix }, settings, http, signal);
  const object = listed.find((one) => one.key === prefix);
  const fileOf = ({ key: path, sizeBytes }: ListedObject, segments: string[]): RemoteFile => ({
    segments,
    sizeBytes,
    sha256: null,
    request: () => signedRequest(settings, bucket, path, {}),
    hint: HINT,
  });
  if (object !== undefined && !key.endsWith('/')) {
    const name = prefix.split('/').at(-1) ?? prefix;
    return { kind: 'files', unpack: true, files: [fileOf(object, safeSegments(name))] };
  }
  const below = prefix === '' ? '' : `${prefix}/`;
  const folder = prefix.split('/').at(-1) || bucket;
  // A key that ends with a slash stands for a folder and holds nothing.
  const files = listed.filter((one) => one.key.startsWith(below) && !one.key.endsWith('/'));
  if (files.length === 0) {
    throw new AppError(
      'model.source_not_found',
      `There is nothing in s3://${bucket} at or below ${JSON.stringify(prefix)}.`,
    );
  }
  const placed = files.map((one) =>
    fileOf(one, [...safeSegments(folder), ...safeSegments(one.key.slice(below.length))]),
  );
  return { kind: 'files', unpack: false, files: placed };
}

/** Every object whose key begins with the prefix. */
async function listObjects(
  { bucket, key }: S3Place,
  settings: RemoteModelsSettings,
  http: RemoteHttp,
  signal: AbortSignal,
): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  let token: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      prefix: key,
      ...(token !== null && { 'continuation-token': token }),
    };
    const answer = await http.get(await signedRequest(settings, bucket, '', query), signal);
    const text = await readText(answer);
    if (answer.status !== 200) throw explainStatus(answer.status, answer.url, HINT, parseS3Error(text));
    const listing = parseListing(text);
    if (listing === null) throw new AppError('model.source_broken', `The listing of s3://${bucket} cannot be read.`);
    objects.push(...listing.objects);
    token = listing.nextToken;
    if (token === null) return objects;
  }
  throw new AppError(
    'request.too_large',
    `s3://${bucket} holds more than ${MAX_PAGES - 1},000 objects below this prefix.`,
  );
}

/** Signed with Signature Version 4 for its origin only; not at all without a key, for public buckets. */
async function signedRequest(
  settings: RemoteModelsSettings,
  bucket: string,
  key: string,
  query: Readonly<Record<string, string>>,
): Promise<RemoteRequest> {
  const url = objectUrl(settings, bucket, key);
  // Written as it is signed: a space as `%20`, which URLSearchParams would write as `+`.
  url.search = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeSegment(value)}`)
    .join('&');
  const { VIRIDIAN_S3_ACCESS_KEY_ID: accessKeyId, VIRIDIAN_S3_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  if (accessKeyId === undefined || secretAccessKey === undefined) return { url };
  const signed = await new AwsV4Signer({
    method: 'GET',
    url: url.href,
    accessKeyId,
    secretAccessKey,
    ...(settings.VIRIDIAN_S3_SESSION_TOKEN !== undefined && { sessionToken: settings.VIRIDIAN_S3_SESSION_TOKEN }),
    service: 's3',
    region: settings.VIRIDIAN_S3_REGION,
  }).sign();
  return { url: new URL(signed.url), secretHeaders: Object.fromEntries(signed.headers) };
}

/** With the bucket in the path where it could not be a part of a host name, and for servers of one's own, which rarely have names for buckets. */
function objectUrl(
  { VIRIDIAN_S3_ENDPOINT: endpoint, VIRIDIAN_S3_REGION: region }: RemoteModelsSettings,
  bucket: string,
  key: string,
): URL {
  const path = key.split('/').map(encodeSegment).join('/');
  const isHostName = /^[a-z0-9][a-z0-9-]*$/.test(bucket);
  if (endpoint === undefined && isHostName) return new URL(`https://${bucket}.s3.${region}.amazonaws.com/${path}`);
  return new URL(`${endpoint ?? `https://s3.${region}.amazonaws.com`}/${bucket}/${path}`);
}

/** As the signature wants it (RFC 3986: all but unreserved characters). */
const encodeSegment = (segment: string): string =>
  encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
