import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Asserts that axe finds nothing on the page as it stands, and that nothing makes the page scroll sideways. */
export async function expectAccessible(page: Page): Promise<void> {
  // The title of a page that was come to by a link is streamed after it.
  await expect(page).toHaveTitle(/\S/);
  const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`);
  expect(found, `accessibility of ${new URL(page.url()).pathname}`).toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `sideways scrolling of ${new URL(page.url()).pathname}, in pixels`).toBeLessThanOrEqual(0);
}

/** Colours in between two themes are nobody's: takes them to their end, also where nobody sees them and no frame moves them on. */
async function finishTransitions(): Promise<void> {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish();
}

/** `expectAccessible` in light and dark, at the width of a desk and of a phone; the page comes back as it was. */
export async function expectAccessibleEverywhere(page: Page): Promise<void> {
  const before = page.viewportSize();
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    for (const theme of ['light', 'dark']) {
      await page.evaluate((value) => {
        document.documentElement.dataset.theme = value;
      }, theme);
      await page.evaluate(finishTransitions);
      await expectAccessible(page);
    }
  }
  await page.evaluate(() => {
    document.documentElement.dataset.theme = 'system';
  });
  if (before) await page.setViewportSize(before);
}
