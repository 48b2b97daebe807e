import { fileURLToPath } from 'node:url';
import { armKillPoints, installKillPoints, passedKillPoints } from './kill-points.ts';

/**
 * A control plane over a data directory, as a process of its own, that carries one intent out and ends. Started by the kill-and-converge tests:
 * `node converge-once.ts <data dir> <processes|containers> <intent> <kill at>`; prints the number of points it passed.
 */
installKillPoints();
const [dataDirRoot = '', kind = 'processes', intent = 'none', killAt = '0'] = process.argv.slice(2);
const { runIntent } = await import('./intents.ts');
const stand =
  kind === 'containers'
    ? (await import('./converge-containers.ts')).containerStand
    : (await import('./converge-processes.ts')).processStand(fileURLToPath(import.meta.resolve('./echo-model.mjs')));
await runIntent({ dataDirRoot, intent, stand, onIntended: () => armKillPoints(Number(killAt)) });
process.stdout.write(`${passedKillPoints()}\n`);
process.exit(0);
