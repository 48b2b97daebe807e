import { parseArgs } from 'node:util';
import { runFuzz } from './fuzz/run-fuzz.ts';

/** `npm run fuzz:http -- --inputs 1000000 --seed 1`: the gateway's HTTP codec against llhttp. Fails when the two disagree for no known reason. */
const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
});
const started = performance.now();
const report = await runFuzz(Number(values.inputs), Number(values.seed), (done) => {
  if (done % 50_000 === 0 && done > 0) process.stderr.write(`${done} inputs\n`);
});
const seconds = (performance.now() - started) / 1000;
const rows = [...report.explained].toSorted(([, a], [, b]) => b - a);
const out = [
  `${report.inputs} inputs of seed ${values.seed} in ${seconds.toFixed(0)} s`,
  `${report.agreed} read the same (${report.requestsAgreed} requests taken by both, ${report.refusedByBoth} inputs refused by both)`,
  ...rows.map(
    ([{ verdicts, cause, rule, why }, count]) =>
      `${String(count).padStart(8)}  ${verdicts[0]} ${cause} (${rule}): ${why}`,
  ),
  `${report.unexplained.length} unexplained`,
  ...report.unexplained.map((sample) => JSON.stringify(sample)),
];
process.stdout.write(`${out.join('\n')}\n`);
process.exitCode = report.unexplained.length === 0 ? 0 : 1;
