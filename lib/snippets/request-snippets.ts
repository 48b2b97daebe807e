import { formatJson } from './format-json.ts';
import { shellQuote } from './shell-quote.ts';
import { CA_FILE } from './trust-authority.ts';

/** A call of an endpoint, as every language writes it. */
export interface SnippetRequest {
  url: string;
  /** Key or token to write into the program; null leaves it to get one itself. */
  credential: string | null;
  /** Where the program gets a token with an API key; null where it reads a key from the environment. */
  tokenUrl: string | null;
  body: unknown;
  /** Pins the call to one deployment. */
  deployment: string | null;
  /** Only the local CA vouches for the address: the program names the file with its certificate. */
  localCa: boolean;
}

export const SNIPPET_LANGUAGES = ['curl', 'python', 'javascript'] as const;
export type SnippetLanguage = (typeof SNIPPET_LANGUAGES)[number];

export const SNIPPET_NAMES: Record<SnippetLanguage, string> = {
  curl: 'curl',
  python: 'Python',
  javascript: 'JavaScript',
};

const KEY_VARIABLE = 'ENDPOINT_KEY';
const API_KEY_VARIABLE = 'VIRIDIAN_API_KEY';

/** The request as a program that can be pasted and run; unless a credential was revealed, the program gets it by itself. */
export function renderSnippet(language: SnippetLanguage, request: SnippetRequest): string {
  return { curl: renderCurl, python: renderPython, javascript: renderJavaScript }[language](request);
}

/** The address to get a token from, where the program has to. */
function tokenSource({ credential, tokenUrl }: SnippetRequest): string | null {
  return credential === null ? tokenUrl : null;
}

function renderCurl(request: SnippetRequest): string {
  const { url, credential, body, deployment, localCa } = request;
  const source = tokenSource(request);
  const variable = source === null ? KEY_VARIABLE : 'TOKEN';
  const authorization =
    credential === null ? `"Authorization: Bearer $${variable}"` : shellQuote(`Authorization: Bearer ${credential}`);
  const call = [
    `curl -X POST ${shellQuote(url)}`,
    ...(localCa ? [`--cacert ${CA_FILE}`] : []),
    `-H ${authorization}`,
    `-H 'Content-Type: application/json'`,
    ...(deployment === null ? [] : [`-H ${shellQuote(`azureml-model-deployment: ${deployment}`)}`]),
    `-d ${shellQuote(formatJson(body))}`,
  ].join(' \\\n  ');
  if (source === null) return call;
  const token = [
    `TOKEN=$(curl -fsS -X POST ${shellQuote(source)} \\`,
    `  -H "Authorization: Bearer $${API_KEY_VARIABLE}" | sed -E 's/.*"access_token":"([^"]+)".*/\\1/')`,
  ];
  return [...token, call].join('\n');
}

function renderPython(request: SnippetRequest): string {
  const { url, credential, body, deployment, localCa } = request;
  const source = tokenSource(request);
  const own = source === null ? `os.environ["${KEY_VARIABLE}"]` : 'token';
  const headers = [
    `    "Authorization": "Bearer " + ${credential === null ? own : JSON.stringify(credential)},`,
    ...(deployment === null ? [] : [`    "azureml-model-deployment": ${JSON.stringify(deployment)},`]),
  ];
  return `import json
${credential === null ? 'import os\n' : ''}${localCa ? 'import ssl\n' : ''}import urllib.request
${source === null ? '' : pythonToken(source)}
body = ${pythonText(formatJson(body))}

request = urllib.request.Request(
    ${JSON.stringify(url)},
    data=body.encode(),
    headers={
    ${headers.join('\n    ')}
        "Content-Type": "application/json",
    },
)
${localCa ? `trust = ssl.create_default_context(cafile="${CA_FILE}")\n` : ''}with urllib.request.urlopen(request${localCa ? ', context=trust' : ''}) as response:
    print(json.load(response))
`;
}

/** Text as it reads, unless it holds the quotes that would end it. */
function pythonText(text: string): string {
  return text.includes("'''") ? JSON.stringify(text) : `r'''${text}'''`;
}

function pythonToken(source: string): string {
  return `
token_request = urllib.request.Request(
    ${JSON.stringify(source)},
    method="POST",
    headers={"Authorization": "Bearer " + os.environ["${API_KEY_VARIABLE}"]},
)
with urllib.request.urlopen(token_request) as response:
    token = json.load(response)["access_token"]
`;
}

function renderJavaScript(request: SnippetRequest): string {
  const { url, credential, body, deployment, localCa } = request;
  const source = tokenSource(request);
  const own = source === null ? `process.env.${KEY_VARIABLE}` : 'token';
  const lines = [
    `    Authorization: ${credential === null ? `\`Bearer \${${own}}\`` : JSON.stringify(`Bearer ${credential}`)},`,
    `    'Content-Type': 'application/json',`,
    ...(deployment === null ? [] : [`    'azureml-model-deployment': ${JSON.stringify(deployment)},`]),
  ];
  const trust = localCa ? `// Start the program with NODE_EXTRA_CA_CERTS=${CA_FILE}\n` : '';
  return `${trust}${source === null ? '' : javaScriptToken(source)}const body = ${formatJson(body)};

const response = await fetch(${JSON.stringify(url)}, {
  method: 'POST',
  headers: {
${lines.join('\n')}
  },
  body: JSON.stringify(body),
});
console.log(response.status, await response.json());
`;
}

function javaScriptToken(source: string): string {
  return `const issued = await fetch(${JSON.stringify(source)}, {
  method: 'POST',
  headers: { Authorization: \`Bearer \${process.env.${API_KEY_VARIABLE}}\` },
});
const { access_token: token } = await issued.json();
`;
}
