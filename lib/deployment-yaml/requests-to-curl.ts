import { shellQuote } from '../snippets/shell-quote.ts';
import { type PlannedRequest, requestLine } from './draft-requests.ts';

/** An upload that the commands have to make first. */
export interface UploadToMake {
  id: string;
  filename: string;
  isFolder: boolean;
}

/**
 * The planned requests as commands for a shell. The key stays a variable: whoever copies this pastes it into chats and tickets.
 * @param base of the REST API, for example `http://127.0.0.1:3000/api/v1`
 */
export function requestsToCurl(
  requests: readonly PlannedRequest[],
  base: string,
  upload: UploadToMake | null = null,
): string {
  const lines = ['# An API key from Admin, API keys', "export VIRIDIAN_API_KEY='…'"];
  if (upload) lines.push('', ...uploadCommand(base, upload));
  for (const request of requests) lines.push('', ...command(request, base, upload));
  return `${lines.join('\n')}\n`;
}

function uploadCommand(base: string, { filename, isFolder }: UploadToMake): string[] {
  const name = filename.split('/').pop() ?? filename;
  const address = shellQuote(`${base}/uploads?filename=${encodeURIComponent(name)}`);
  const folder = name.replace(/\.tar$/, '');
  return [
    `# Upload ${isFolder ? `the folder ${folder}` : name}`,
    `UPLOAD=$(${isFolder ? `tar -cf - ${shellQuote(folder)} | ` : ''}curl -fsS -X POST ${address} \\`,
    '  -H "Authorization: Bearer $VIRIDIAN_API_KEY" \\',
    "  -H 'Content-Type: application/octet-stream' \\",
    `  --data-binary @${isFolder ? '-' : shellQuote(name)} | sed -E 's/.*"id":"([^"]+)".*/\\1/')`,
  ];
}

const TITLES = {
  model: 'Register the model',
  endpoint: 'Make the endpoint',
  deployment: 'Make the deployment',
} as const;

function command(request: PlannedRequest, base: string, upload: UploadToMake | null): string[] {
  const { method, path, headers } = requestLine(request);
  return [
    `# ${TITLES[request.step]}`,
    `curl -fsS -X ${method} ${shellQuote(`${base}${path}`)} \\`,
    '  -H "Authorization: Bearer $VIRIDIAN_API_KEY" \\',
    ...Object.entries(headers).map(([name, value]) => `  -H ${shellQuote(`${name}: ${value}`)} \\`),
    "  -H 'Content-Type: application/json' \\",
    `  -d ${quoteBody(request, upload)}`,
  ];
}

/** An upload gets its id only when the commands run, so there the body is quoted such that the shell puts it in. */
function quoteBody({ body }: PlannedRequest, upload: UploadToMake | null): string {
  const text = JSON.stringify(body);
  const reference = `upload:${upload?.id}`;
  if (!upload || !text.includes(reference)) return shellQuote(text);
  const [before = '', after = ''] = text.split(reference);
  return `${shellQuote(`${before}upload:`)}"$UPLOAD"${shellQuote(after)}`;
}
