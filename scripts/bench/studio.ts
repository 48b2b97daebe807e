import { type Browser, type BrowserContext, chromium, type Page, type Response } from '@playwright/test';
import { gzipSync } from 'node:zlib';
import { startProduct } from '#server/testing/start-product.ts';

/**
 * `npm run bench:studio`: JavaScript that each route loads (gzip) and the time until it can be used, on a processor made four times slower.
 * "Usable" is the end of the last task over 50 ms before half a second without one, once the page's heading is there.
 */
const ADMINISTRATOR = { email: 'bench@example.org', password: 'correct horse battery' };
const API_KEY = 'viridian-bench-administrator-key-0123456789';
const ROUTES = [
  '/',
  '/endpoints',
  '/endpoints/bench',
  '/endpoints/bench/monitoring',
  '/endpoints/new',
  '/models',
  '/cost',
];
const CPU_SLOWDOWN = 4;
const QUIET_MS = 500;
const KIB = 1024;
/** Aim of the endpoint page, before charts. */
const ENDPOINT_PAGE_AIM_KIB = 200;

const product = await startProduct({
  VIRIDIAN_ADMIN_EMAIL: ADMINISTRATOR.email,
  VIRIDIAN_ADMIN_PASSWORD: ADMINISTRATOR.password,
  VIRIDIAN_ADMIN_API_KEY: API_KEY,
});
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  await createEndpoint();
  const cookies = await signIn(browser);
  const rows = [];
  for (const route of ROUTES) rows.push(await measure(browser, cookies, route));
  console.table(rows);
  const page = rows.find(({ route }) => route === '/endpoints/bench');
  console.log(`Endpoint page: ${page?.['JavaScript KiB gzip']} KiB gzip, aim ≤ ${ENDPOINT_PAGE_AIM_KIB} KiB`);
} finally {
  await browser.close();
  await product.stop();
}

type Cookies = Awaited<ReturnType<BrowserContext['cookies']>>;

async function createEndpoint(): Promise<void> {
  const response = await fetch(`${product.apiUrl}/endpoints/bench`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify({ name: 'bench' }),
  });
  if (!response.ok) throw new Error(`Creating the endpoint answered ${response.status}: ${await response.text()}`);
}

async function signIn(using: Browser): Promise<Cookies> {
  const context = await using.newContext();
  const page = await context.newPage();
  await page.goto(`${product.studioUrl}/sign-in`);
  await page.getByLabel('E-mail').fill(ADMINISTRATOR.email);
  await page.getByLabel('Password', { exact: true }).fill(ADMINISTRATOR.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  const cookies = await context.cookies();
  await context.close();
  return cookies;
}

async function measure(using: Browser, cookies: Cookies, route: string) {
  const context = await using.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addCookies(cookies);
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  await client.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
  const sizes: Promise<number>[] = [];
  const weigh = (response: Response): void => {
    if (response.request().resourceType() === 'script')
      sizes.push(response.body().then((body) => gzipSync(body).length));
  };
  page.on('response', weigh);
  await page.addInitScript(() => {
    const ends: number[] = [];
    Object.assign(globalThis, { longTaskEnds: ends });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) ends.push(entry.startTime + entry.duration);
    }).observe({ type: 'longtask', buffered: true });
  });
  await page.goto(`${product.studioUrl}${route}`);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  const usableMs = await waitUntilQuiet(page);
  // What is fetched ahead from here on is not the page's, and may break off when the page is closed.
  page.off('response', weigh);
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await context.close();
  return {
    route,
    'JavaScript KiB gzip': Math.round(bytes / KIB),
    files: sizes.length,
    'usable ms (4× slower CPU)': Math.round(usableMs),
  };
}

/** Milliseconds since navigation start at which the last long task before a quiet stretch ended. */
function waitUntilQuiet(page: Page): Promise<number> {
  return page.evaluate(async (quietMs) => {
    const { longTaskEnds } = globalThis as unknown as { longTaskEnds: number[] };
    for (;;) {
      const painted = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.now();
      const last = Math.max(painted, ...longTaskEnds);
      if (performance.now() - last >= quietMs) return last;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }, QUIET_MS);
}
