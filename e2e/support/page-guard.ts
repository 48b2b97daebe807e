import { expect, type Page } from '@playwright/test';

/**
 * Containers come with network interfaces, and the browser gives up what is on its way whenever those of its host change. The studio asks again,
 * so that is no fault of a page.
 */
const INTERFACES_CHANGED = /net::ERR_NETWORK_CHANGED/;

export interface PageGuard {
  /** Asserts that nothing went wrong so far. `allowed` names console lines that the journey brings about on purpose. */
  expectClean: (allowed?: readonly RegExp[]) => void;
}

/**
 * Watches a page for what a person would not see: console errors (hydration, Content-Security-Policy, scripts), uncaught errors, and
 * requests to any other host.
 */
export function guardPage(page: Page): PageGuard {
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !INTERFACES_CHANGED.test(message.text()))
      faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    const home = page.url() === 'about:blank' ? url.host : new URL(page.url()).host;
    if (url.protocol.startsWith('http') && url.host !== home) faults.push(`foreign request: ${request.url()}`);
  });
  return {
    expectClean: (allowed = []) => {
      expect(faults.filter((fault) => !allowed.some((pattern) => pattern.test(fault)))).toEqual([]);
    },
  };
}
