import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FAULT_CASES, type FaultRow } from './faults-cases.ts';
import { MIRROR_CASES } from './faults-mirror.ts';
import { percentile } from './faults-load.ts';
import { OVERLOAD_CASES } from './faults-overload.ts';

/**
 * `npm run bench:faults -- --requests 20000 --rate 400 --only kill-worker`: does to a gateway of two workers under load what happens to it in life, and
 * prints what failed beside what was promised.
 */
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '8000' },
    rate: { type: 'string', default: '400' },
    only: { type: 'string', multiple: true },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'viridian-faults-'));
const plan = { folder, requests: Number(values.requests), requestsPerSecond: Number(values.rate) };
let held = true;
process.stdout.write(
  '| fault | requests | failed | shed | p99 ms | promised | held | seen |\n|---|---:|---:|---:|---:|---|---|---|\n',
);
for (const faultCase of [...FAULT_CASES, ...MIRROR_CASES, ...OVERLOAD_CASES]) {
  if (values.only !== undefined && !values.only.includes(faultCase.name)) continue;
  const row = await faultCase.run(plan);
  held &&= row.held;
  process.stdout.write(`${line(row)}\n`);
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = held ? 0 : 1;

function line({ fault, figures, bar, held: isHeld, note }: FaultRow): string {
  const reasons = [...figures.reasons].map(([reason, count]) => `${count} × ${reason}`);
  const cells = [
    fault,
    figures.requests,
    figures.failed,
    figures.shed,
    percentile(figures.latenciesMs, 0.99).toFixed(1),
    bar,
    isHeld ? 'yes' : '**no**',
    [note, ...reasons].filter((text) => text !== '').join('; '),
  ];
  return `| ${cells.join(' | ')} |`;
}
