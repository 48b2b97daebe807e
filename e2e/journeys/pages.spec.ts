import { expect, test } from '../support/stack.ts';
import { countAnswers, makeEndpoint, removeEndpoint } from '../support/endpoints.ts';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { guardPage } from '../support/page-guard.ts';

const ENDPOINT = 'pages';

const PAGES = {
  overview: '/',
  'endpoint list': '/endpoints',
  'new endpoint': '/endpoints/new',
  'endpoint details': `/endpoints/${ENDPOINT}`,
  'new deployment': `/endpoints/${ENDPOINT}/deployments/new`,
  deployment: `/endpoints/${ENDPOINT}/deployments/blue`,
  test: `/endpoints/${ENDPOINT}/test`,
  consume: `/endpoints/${ENDPOINT}/consume`,
  monitoring: `/endpoints/${ENDPOINT}/monitoring`,
  logs: `/endpoints/${ENDPOINT}/logs`,
  'cost of an endpoint': `/endpoints/${ENDPOINT}/cost`,
  settings: `/endpoints/${ENDPOINT}/settings`,
  models: '/models',
  cost: '/cost',
  'instance types': '/instance-types',
  'API keys': '/admin/api-keys',
  TLS: '/admin/tls',
};

test.describe('every page, with real data', () => {
  test.beforeAll(async ({ stack }) => {
    await makeEndpoint(stack, ENDPOINT, { blue: 'sample:iris-1', green: 'sample:iris-2' }, { blue: 90, green: 10 });
    await countAnswers(stack, ENDPOINT, 2);
  });

  test.afterAll(async ({ stack }) => {
    await removeEndpoint(stack, ENDPOINT);
  });

  test.beforeEach(async ({ page, stack }) => {
    await stack.signIn(page);
  });

  for (const [name, path] of Object.entries(PAGES)) {
    test(`${name}: nothing inaccessible in light, dark and on a phone, nothing foreign, no error in the console`, async ({
      page,
    }) => {
      const guard = guardPage(page);
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
      await expectAccessibleEverywhere(page);
      guard.expectClean();
    });
  }

  test('a page that takes the focused link along hands the keyboard to the next one', async ({ page }) => {
    await page.goto('/endpoints');
    await page.getByRole('link', { name: ENDPOINT, exact: true }).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name: ENDPOINT })).toBeVisible();
    await expect(page.getByRole('main')).toBeFocused();
  });

  test('an address that names nothing says so and leads back', async ({ page }) => {
    await page.goto('/endpoints/no-such-endpoint/nothing');
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.getByRole('link', { name: 'Go to the overview' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  });
});
