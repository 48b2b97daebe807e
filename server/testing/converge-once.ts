import { fileURLToPath } from 'node:url';
import { armKillPoints, installKillPoints, passedKillPoints } from './kill-points.ts';

/**
 * A control plane over a data directory, as a process of its own, that carries one intent out and ends. Started by the kill-and-converge test:
 * `node converge-once.ts <data dir> <create|update|delete|none> <kill at>`; prints the number of points it passed.
 */
installKillPoints();
const [dataDirRoot = '', intent = 'none', killAt = '0'] = process.argv.slice(2);
const { runIntent } = await import('./intents.ts');
await runIntent({
  dataDirRoot,
  intent,
  program: fileURLToPath(import.meta.resolve('./echo-model.mjs')),
  onIntended: () => armKillPoints(Number(killAt)),
});
process.stdout.write(`${passedKillPoints()}\n`);
process.exit(0);
