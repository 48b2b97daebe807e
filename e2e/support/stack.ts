import { type Cookie, type Page, test as base } from '@playwright/test';
import { type Product, startProduct } from '#server/testing/start-product.ts';
import { signIn } from './sign-in.ts';

export const ADMINISTRATOR = { email: 'admin@example.org', password: 'correct horse battery' };
const API_KEY = 'viridian-e2e-administrator-key-0123456789';

/** Settings that make the administrator without the set-up page. */
export const OWNER = {
  VIRIDIAN_ADMIN_EMAIL: ADMINISTRATOR.email,
  VIRIDIAN_ADMIN_PASSWORD: ADMINISTRATOR.password,
  VIRIDIAN_ADMIN_API_KEY: API_KEY,
};

export interface Stack extends Product {
  apiKey: string;
  /** Calls the REST API with the administrator's key; fails on any status that is not 2xx. */
  api<Answer = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Waits until an operation has ended and returns it. */
  waitForOperation(id: string): Promise<{ id: string; status: string; error: unknown }>;
  /** Signs a browser in: through the page the first time, with that session's cookies from then on. */
  signIn(page: Page): Promise<void>;
}

/** One product for all tests of a worker: journeys use endpoint names of their own and leave nothing behind that others count. */
export const test = base.extend<object, { stack: Stack }>({
  stack: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the first parameter's pattern
    async ({}, use) => {
      const product = await startProduct({ ...OWNER, VIRIDIAN_EXTERNAL_ALLOW: '127.0.0.0/8' });
      await use(asStack(product));
      await product.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  baseURL: async ({ stack }, use) => use(stack.studioUrl),
});

/** A product of one's own with what journeys ask of it; it has to be started with `OWNER`. */
export function asStack(product: Product): Stack {
  const api = async <Answer>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(`${product.apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${API_KEY}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  };
  let session: Cookie[] | null = null;
  return {
    ...product,
    apiKey: API_KEY,
    api,
    async waitForOperation(id) {
      for (;;) {
        const operation = await api<{ id: string; status: string; error: unknown }>('GET', `/operations/${id}`);
        if (operation.status !== 'running') return operation;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async signIn(page) {
      if (session === null) {
        await signIn(page, ADMINISTRATOR, product.studioUrl);
        session = await page.context().cookies();
      } else {
        await page.context().addCookies(session);
      }
    },
  };
}

export { expect } from '@playwright/test';
