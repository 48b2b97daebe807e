import type { Page } from '@playwright/test';

export interface Account {
  email: string;
  password: string;
}

/** Signs in through the page of a studio, as a person does, and waits until it lets the person in. */
export async function signIn(page: Page, account: Account, studioUrl: string): Promise<void> {
  await page.goto(`${studioUrl}/sign-in`);
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
}
