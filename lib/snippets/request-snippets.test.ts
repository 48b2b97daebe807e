import { execFile } from 'node:child_process';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderSnippet, type SnippetLanguage } from './request-snippets.ts';

const run = promisify(execFile);
const required = new Set((process.env['VIRIDIAN_REQUIRE'] ?? '').split(','));
const seen: { headers: IncomingHttpHeaders; body: unknown }[] = [];
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/token') {
      const { authorization } = request.headers;
      const token = { access_token: `for-${authorization}`.replace(' ', '-'), token_type: 'Bearer' };
      response.end(JSON.stringify(token));
      return;
    }
    void json(request).then((body) => {
      seen.push({ headers: request.headers, body });
      response.end('[1]');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}/iris/score`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const body = {
  input_data: {
    columns: ["it's", 'a "b"'],
    data: [
      [1.5, null],
      ['\\n', 'ü'],
    ],
  },
};
const commands: Record<SnippetLanguage, (code: string) => [string, string[]]> = {
  curl: (code) => ['bash', ['-c', `${code} -s`]],
  python: (code) => ['python3', ['-c', code]],
  javascript: (code) => [process.execPath, ['--input-type=module', '-e', code]],
};

async function send(
  language: SnippetLanguage,
  credential: string | null,
  tokenUrl: string | null = null,
): Promise<void> {
  const request = { url, credential, tokenUrl, body, deployment: 'green' };
  const [program, args] = commands[language](renderSnippet(language, request));
  await run(program, args, { env: { ...process.env, ENDPOINT_KEY: 'from-environment', VIRIDIAN_API_KEY: 'api-key' } });
}

test.each(['curl', 'javascript', ...(required.has('python') ? (['python'] as const) : [])] as const)(
  'the %s snippet, pasted and run, sends exactly the request',
  async (language) => {
    await send(language, 'the-key');
    expect(seen.at(-1)).toMatchObject({
      headers: {
        authorization: 'Bearer the-key',
        'azureml-model-deployment': 'green',
        'content-type': 'application/json',
      },
      body,
    });
    await send(language, null);
    expect(seen.at(-1)).toMatchObject({ headers: { authorization: 'Bearer from-environment' }, body });
    await send(language, null, url.replace('/iris/score', '/token'));
    expect(seen.at(-1)).toMatchObject({ headers: { authorization: 'Bearer for-Bearer-api-key' }, body });
  },
);
