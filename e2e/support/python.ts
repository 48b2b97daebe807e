import { test } from './stack.ts';

const isRequired = (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('python');

/** First installs of packages, from an index that may be far. */
const INSTALL_LIMIT_MS = 300_000;

/** Leaves a journey out that installs Python packages, unless somebody insists on it. To be called first in the test. */
export function needsPythonPackages(): void {
  test.skip(!isRequired, 'Installs Python packages from an index: VIRIDIAN_REQUIRE=python insists on it.');
  test.setTimeout(INSTALL_LIMIT_MS);
}

/** How long a deployment may take that installs packages. */
export const READY = { timeout: INSTALL_LIMIT_MS - 60_000 };
