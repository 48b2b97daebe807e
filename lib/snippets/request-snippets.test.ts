import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createTestAuthority, temporaryFolder } from '#server/tls/certificate-fixture.ts';
import { renderSnippet, type SnippetLanguage } from './request-snippets.ts';
import { CA_FILE } from './trust-authority.ts';

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
  sent: unknown = body,
): Promise<void> {
  const request = { url, credential, tokenUrl, body: sent, deployment: 'green', localCa: false };
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
    const quotes = { text: `a'''b"""c\`d` };
    await send(language, 'the-key', null, quotes);
    expect(seen.at(-1)).toMatchObject({ body: quotes });
  },
);

test.each(['curl', 'javascript', ...(required.has('python') ? (['python'] as const) : [])] as const)(
  'the %s snippet, run beside the certificate of the local CA, trusts what that signed',
  async (language) => {
    const authority = await createTestAuthority();
    const { certificatePem, keyPem } = await authority.issue(['localhost']);
    const secure = createSecureServer({ cert: certificatePem, key: keyPem }, (request, response) => {
      void json(request).then(() => response.setHeader('content-type', 'application/json').end('["secure"]'));
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void secure.close());
    const folder = await temporaryFolder();
    await writeFile(join(folder, CA_FILE), authority.certificatePem);

    const { port } = secure.address() as { port: number };
    const request = { credential: 'the-key', tokenUrl: null, body, deployment: null, localCa: true };
    const [program, args] = commands[language](
      renderSnippet(language, { ...request, url: `https://localhost:${port}/iris/score` }),
    );
    const env = { ...process.env, ...(language === 'javascript' && { NODE_EXTRA_CA_CERTS: CA_FILE }) };
    expect((await run(program, args, { cwd: folder, env })).stdout).toContain('secure');
  },
);
