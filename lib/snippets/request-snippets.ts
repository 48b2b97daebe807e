import { formatJson } from './format-json.ts';
import { shellQuote } from './shell-quote.ts';

/** A call of an endpoint, as every language writes it. */
export interface SnippetRequest {
  url: string;
  /** What stands where the key goes: the key itself, or a name of a variable in the language's own way. */
  key: string | null;
  body: unknown;
  /** Pins the call to one deployment. */
  deployment: string | null;
}

export const SNIPPET_LANGUAGES = ['curl', 'python', 'javascript'] as const;
export type SnippetLanguage = (typeof SNIPPET_LANGUAGES)[number];

export const SNIPPET_NAMES: Record<SnippetLanguage, string> = {
  curl: 'curl',
  python: 'Python',
  javascript: 'JavaScript',
};

const KEY_VARIABLE = 'ENDPOINT_KEY';

/** The request as a program that can be pasted and run; the key is read from the environment unless it was revealed. */
export function renderSnippet(language: SnippetLanguage, request: SnippetRequest): string {
  return { curl: renderCurl, python: renderPython, javascript: renderJavaScript }[language](request);
}

function renderCurl({ url, key, body, deployment }: SnippetRequest): string {
  const authorization =
    key === null ? `"Authorization: Bearer $${KEY_VARIABLE}"` : shellQuote(`Authorization: Bearer ${key}`);
  return [
    `curl -X POST ${shellQuote(url)}`,
    `-H ${authorization}`,
    `-H 'Content-Type: application/json'`,
    ...(deployment === null ? [] : [`-H ${shellQuote(`azureml-model-deployment: ${deployment}`)}`]),
    `-d ${shellQuote(formatJson(body))}`,
  ].join(' \\\n  ');
}

function renderPython({ url, key, body, deployment }: SnippetRequest): string {
  const headers = [
    `    "Authorization": "Bearer " + ${key === null ? `os.environ["${KEY_VARIABLE}"]` : JSON.stringify(key)},`,
    ...(deployment === null ? [] : [`    "azureml-model-deployment": ${JSON.stringify(deployment)},`]),
  ];
  return `import json
${key === null ? 'import os\n' : ''}import urllib.request

request = urllib.request.Request(
    ${JSON.stringify(url)},
    data=json.dumps(json.loads(r'''${formatJson(body)}''')).encode(),
    headers={
    ${headers.join('\n    ')}
        "Content-Type": "application/json",
    },
)
with urllib.request.urlopen(request) as response:
    print(json.load(response))
`;
}

function renderJavaScript({ url, key, body, deployment }: SnippetRequest): string {
  const lines = [
    `    Authorization: ${key === null ? `\`Bearer \${process.env.${KEY_VARIABLE}}\`` : JSON.stringify(`Bearer ${key}`)},`,
    `    'Content-Type': 'application/json',`,
    ...(deployment === null ? [] : [`    'azureml-model-deployment': ${JSON.stringify(deployment)},`]),
  ];
  return `const response = await fetch(${JSON.stringify(url)}, {
  method: 'POST',
  headers: {
${lines.join('\n')}
  },
  body: JSON.stringify(${formatJson(body)}),
});
console.log(response.status, await response.json());
`;
}
