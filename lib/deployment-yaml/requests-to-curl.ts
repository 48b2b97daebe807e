import { shellQuote } from '../snippets/shell-quote.ts';
import { uploadsOfContainer } from './container-source.ts';
import { modelOf } from './draft.ts';
import { type ChosenDraft, type PlannedRequest, requestLine } from './draft-requests.ts';
import { CODE_FOLDER } from './script-source.ts';
import type { UploadToMake } from './upload-to-make.ts';

/** What has to be uploaded before the requests of a draft can be made. */
export function uploadsOf({ model: served }: ChosenDraft): UploadToMake[] {
  const uploads: UploadToMake[] = [];
  if (served.kind === 'script' && served.code === null) {
    uploads.push({
      variable: 'CODE',
      reference: CODE_FOLDER,
      filename: 'code.tar',
      isFolder: true,
      holds: 'content',
    });
  }
  if (served.kind === 'container') uploads.push(...uploadsOfContainer(served));
  const model = modelOf(served);
  if (model?.kind === 'upload') {
    const { id, filename, isFolder } = model;
    uploads.push({ variable: 'UPLOAD', reference: `upload:${id}`, filename, isFolder });
  }
  return uploads;
}

/**
 * The planned requests as commands for a shell. The key stays a variable: whoever copies this pastes it into chats and tickets.
 * @param base of the REST API, for example `http://127.0.0.1:3000/api/v1`
 */
export function requestsToCurl(
  requests: readonly PlannedRequest[],
  base: string,
  uploads: readonly UploadToMake[] = [],
): string {
  const lines = ['# An API key from Admin, API keys', "export VIRIDIAN_API_KEY='…'"];
  for (const upload of uploads) lines.push('', ...uploadCommand(base, upload));
  for (const request of requests) lines.push('', ...command(request, base, uploads));
  return `${lines.join('\n')}\n`;
}

function uploadCommand(base: string, upload: UploadToMake): string[] {
  const name = upload.filename.split('/').pop() ?? upload.filename;
  const unpack = upload.isKeptPacked ? '&unpack=false' : '';
  const address = shellQuote(`${base}/uploads?filename=${encodeURIComponent(name)}${unpack}`);
  const folder = name.replace(/\.tar$/, '');
  const tar = upload.holds === 'content' ? `tar -C ${shellQuote(folder)} -cf - .` : `tar -cf - ${shellQuote(folder)}`;
  return [
    `# Upload ${upload.isFolder ? `the folder ${folder}` : name}`,
    `${upload.variable}=$(${upload.isFolder ? `${tar} | ` : ''}curl -fsS -X POST ${address} \\`,
    '  -H "Authorization: Bearer $VIRIDIAN_API_KEY" \\',
    "  -H 'Content-Type: application/octet-stream' \\",
    `  --data-binary @${upload.isFolder ? '-' : shellQuote(name)} | sed -E 's/.*"id":"([^"]+)".*/\\1/')`,
  ];
}

const TITLES = {
  model: 'Register the model',
  endpoint: 'Make the endpoint',
  deployment: 'Make the deployment',
} as const;

function command(request: PlannedRequest, base: string, uploads: readonly UploadToMake[]): string[] {
  const { method, path, headers } = requestLine(request);
  return [
    `# ${TITLES[request.step]}`,
    `curl -fsS -X ${method} ${shellQuote(`${base}${path}`)} \\`,
    '  -H "Authorization: Bearer $VIRIDIAN_API_KEY" \\',
    ...Object.entries(headers).map(([name, value]) => `  -H ${shellQuote(`${name}: ${value}`)} \\`),
    "  -H 'Content-Type: application/json' \\",
    `  -d ${quoteBody(request, uploads)}`,
  ];
}

/** An upload gets its id only when the commands run, so there the body is quoted such that the shell puts it in. */
function quoteBody({ body }: PlannedRequest, uploads: readonly UploadToMake[]): string {
  const text = JSON.stringify(body);
  const upload = uploads.find(({ reference }) => text.includes(`"${reference}"`));
  if (!upload) return shellQuote(text);
  const [before = '', after = ''] = text.split(`"${upload.reference}"`);
  return `${shellQuote(`${before}"upload:`)}"$${upload.variable}"${shellQuote(`"${after}`)}`;
}
