import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#server/kernel/clock.ts';
import { describeRuntimeDriver, type Program } from '../runtime-driver.contract.ts';
import type { RuntimeDriver } from '../runtime-driver.ts';
import { createProcessDriver } from './process-driver.ts';

const SERVE = (status: number): string =>
  `require('node:http').createServer((q, r) => { r.statusCode = ${status}; r.end('hello') }).listen(+process.env.PORT, '127.0.0.1');`;

const SCRIPTS: Record<Exclude<Program, 'missing'>, string> = {
  healthy: SERVE(200),
  never_ready: SERVE(503),
  exits_with_3: 'process.exit(3)',
  ignores_the_polite_signal: `process.on('SIGTERM', () => {}); ${SERVE(200)}`,
  prints: `console.log('one'); console.log('two'); console.error('!three'); ${SERVE(200)}`,
};

describeRuntimeDriver('The process driver', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-driver-'));
  const drivers: RuntimeDriver[] = [];
  const open = async (): Promise<RuntimeDriver> => {
    const driver = createProcessDriver({
      instancesDir: join(folder, 'instances'),
      logsDir: join(folder, 'logs'),
      clock: systemClock,
      onError: (what, error) => console.error(what, error),
    });
    await driver.start();
    drivers.push(driver);
    return driver;
  };
  return {
    open,
    command: (program) => (program === 'missing' ? ['no-such-program'] : [process.execPath, '-e', SCRIPTS[program]]),
    close: async () => {
      const last = await open();
      for (const { instanceId } of await last.observe()) await last.remove(instanceId);
      await last.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
