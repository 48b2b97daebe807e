import { describe, vi } from 'vitest';
import { describeRuntimeDriver } from '../runtime-driver.contract.ts';
import { createDockerHarness, isSkipped, TEST_TIMEOUT_MS } from './docker-fixture.ts';

vi.setConfig({ testTimeout: TEST_TIMEOUT_MS, hookTimeout: TEST_TIMEOUT_MS });

describe.skipIf(isSkipped)(
  'with a Docker engine that has debian:bookworm-slim (VIRIDIAN_REQUIRE=docker insists on it)',
  () => {
    describeRuntimeDriver('The Docker driver', createDockerHarness);
  },
);
