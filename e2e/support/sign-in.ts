import type { Page } from '@playwright/test';

export interface Account {
  email: string;
  password: string;
}

/** Signs in through the page, as a person does, and waits for the place that was asked for. */
export async function signIn(page: Page, account: Account, path = '/'): Promise<void> {
  await page.goto(`/sign-in?next=${encodeURIComponent(path)}`);
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => `${url.pathname}${url.search}` === path);
}
