// `npm test`: sets up what the tests need, runs every check and suite, and closes with the totals of all of them.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureServingEnvironment, servingPython, wantsPython } from './setup/python-environment.mjs';
import { ensureDependencies, ensureStudioBuild, pinnedNode, requireNode, root, statusOf } from './setup/prepare.mjs';

requireNode();
await ensureDependencies();

const bin = (name) => join(root, 'node_modules', '.bin', name);
const results = join(root, 'node_modules', '.cache', 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

/** Everything runs on the pinned Node, whichever one started this script. */
const environment = { PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}` };
const totals = { passed: 0, failed: 0 };

/** A check that either holds or does not. */
async function check(title, command, args) {
  console.log(`\n— ${title}`);
  const held = (await statusOf(command, args, environment)) === 0;
  totals[held ? 'passed' : 'failed'] += 1;
  if (!held) console.error(`✗ ${title}`);
}

/** A suite that reports its own counts; one that reports none, or fails without a failed test, has failed. */
async function suite(title, command, args, report, count) {
  console.log(`\n— ${title}`);
  const status = await statusOf(command, args, environment);
  const counted = existsSync(report) ? count(JSON.parse(readFileSync(report, 'utf8'))) : { passed: 0, failed: 0 };
  totals.passed += counted.passed;
  totals.failed += counted.failed;
  if (counted.failed === 0 && (status !== 0 || counted.passed === 0)) {
    totals.failed += 1;
    console.error(`✗ ${title}: ended with status ${status} after ${counted.passed} passed tests`);
  }
}

await check('format', bin('oxfmt'), ['--check', '.']);
await check('lint', bin('oxlint'), ['--deny-warnings']);
await check('module boundaries bite (canary)', pinnedNode, ['scripts/lint/check-canary.ts']);
await check('types', bin('tsc'), ['--noEmit', '-p', '.']);
await check('no unused files, exports or dependencies', bin('knip'), []);

/** Tests of other suites make models with it, too. */
const hasServingEnvironment = wantsPython() && (await ensureServingEnvironment());

const unitReport = join(results, 'vitest.json');
await suite(
  'unit, contract and component tests',
  bin('vitest'),
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`],
  unitReport,
  (report) => ({ passed: report.numPassedTests, failed: report.numFailedTests }),
);

if (wantsPython()) {
  const pythonReport = join(results, 'pytest.json');
  if (hasServingEnvironment) {
    const config = 'server/inference/python/pytest.ini';
    await suite(
      'tests of the Python server',
      servingPython,
      ['-m', 'pytest', '-c', config, '--counts', pythonReport, 'server/inference/python/tests'],
      pythonReport,
      (report) => report,
    );
  } else {
    totals.failed += 1;
    console.error('✗ tests of the Python server: their environment could not be made');
  }
} else
  console.log('\n— tests of the Python server: left out, there is no python3 (VIRIDIAN_REQUIRE=python insists on it)');

await ensureStudioBuild();
const journeyReport = join(results, 'playwright.json');
await suite('journeys in a real browser', bin('playwright'), ['test'], journeyReport, ({ stats }) => ({
  passed: stats.expected,
  failed: stats.unexpected + stats.flaky,
}));

console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;
