// `npm test`: sets up what the tests need, runs every check and suite, and closes with the totals of all of them.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  ensureFrameworksEnvironment,
  ensureServingEnvironment,
  ensureTritonEnvironment,
  frameworksPython,
  servingPython,
  wantsFrameworks,
  wantsPython,
  wantsTriton,
} from './setup/python-environment.mjs';
import { ensureDependencies, ensureStudioBuild, pinnedNode, requireNode, root, statusOf } from './setup/prepare.mjs';

requireNode();
await ensureDependencies();

const bin = (name) => join(root, 'node_modules', '.bin', name);
const results = join(root, 'node_modules', '.cache', 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

/** A suite that takes longer hangs: better a failure that says so than a run that somebody else has to end. */
const SUITE_LIMIT_MS = 35 * 60_000;

/** Everything runs on the pinned Node, whichever one started this script. */
const environment = { PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}` };
const totals = { passed: 0, failed: 0 };
/** What failed, in the order of the run: repeated at the end, where a reader looks first. */
const failures = [];

function recordFailure(what) {
  totals.failed += 1;
  failures.push(what);
  console.error(`✗ ${what}`);
}

/** A check that either holds or does not. */
async function check(title, command, args) {
  console.log(`\n— ${title}`);
  const held = (await statusOf(command, args, environment)) === 0;
  if (held) totals.passed += 1;
  else recordFailure(title);
}

/** A suite that reports its own count and the names of what failed; one that reports none, or fails without a failed test, has failed. */
async function suite(title, command, args, report, count) {
  console.log(`\n— ${title}`);
  const status = await statusOf(command, args, environment, root, SUITE_LIMIT_MS);
  const counted = existsSync(report) ? count(JSON.parse(readFileSync(report, 'utf8'))) : { passed: 0, failed: [] };
  totals.passed += counted.passed;
  for (const name of counted.failed) recordFailure(`${title}: ${name}`);
  if (counted.failed.length === 0 && (status !== 0 || counted.passed === 0))
    recordFailure(`${title}: ended with status ${status} after ${counted.passed} passed tests`);
}

/** Names of the failed tests of one file of Vitest's report; a file that could not be read whole counts as one. */
function failedInFile({ name, status, assertionResults }) {
  const file = relative(root, name);
  const failed = assertionResults
    .filter((test) => test.status === 'failed')
    .map((test) => `${file} › ${test.fullName}`);
  return failed.length === 0 && status === 'failed' ? [file] : failed;
}

/** Names of the failed tests of one suite of Playwright's report; one that passed at a second attempt has failed. */
function failedJourneys({ file, specs = [], suites = [] }) {
  const failed = specs.filter(({ tests }) => tests.some(({ status }) => status === 'unexpected' || status === 'flaky'));
  return [...failed.map(({ title }) => `${file} › ${title}`), ...suites.flatMap(failedJourneys)];
}

await check('format', bin('oxfmt'), ['--check', '.']);
await check('lint', bin('oxlint'), ['--deny-warnings']);
await check('module boundaries bite (canary)', pinnedNode, ['scripts/lint/check-canary.ts']);
await check('types', bin('tsc'), ['--noEmit', '-p', '.']);
await check('no unused files, exports or dependencies', bin('knip'), []);

/** Tests of other suites make models with it, too. */
const hasServingEnvironment = wantsPython() && (await ensureServingEnvironment());
if (wantsTriton() && !(await ensureTritonEnvironment()))
  recordFailure('tests with a real tritonserver: it could not be installed');

const unitReport = join(results, 'vitest.json');
await suite(
  'unit, contract and component tests',
  bin('vitest'),
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`],
  unitReport,
  ({ numPassedTests, testResults }) => ({ passed: numPassedTests, failed: testResults.flatMap(failedInFile) }),
);

const PYTHON_TESTS = 'server/inference/python/tests';

/** Tests of the Python server, on an interpreter that has what they need. */
async function pythonSuite(title, python, isReady, paths) {
  if (!isReady) return recordFailure(`${title}: their environment could not be made`);
  const report = join(results, `${title.replaceAll(' ', '-')}.json`);
  const args = ['-m', 'pytest', '-c', 'server/inference/python/pytest.ini', '--counts', report, ...paths];
  await suite(title, python, args, report, (counts) => counts);
}

if (wantsPython())
  await pythonSuite('tests of the Python server', servingPython, hasServingEnvironment, [PYTHON_TESTS]);
else
  console.log('\n— tests of the Python server: left out, there is no python3 (VIRIDIAN_REQUIRE=python insists on it)');

if (wantsFrameworks())
  await pythonSuite('tests of PyTorch and TensorFlow models', frameworksPython, await ensureFrameworksEnvironment(), [
    `${PYTHON_TESTS}/models/test_torch_models.py`,
    `${PYTHON_TESTS}/models/test_keras_models.py`,
  ]);

await ensureStudioBuild();
const journeyReport = join(results, 'playwright.json');
await suite('journeys in a real browser', bin('playwright'), ['test'], journeyReport, ({ stats, suites }) => ({
  passed: stats.expected,
  failed: suites.flatMap(failedJourneys),
}));

if (failures.length > 0) console.error(`\nFailed:\n${failures.map((what) => `  ✗ ${what}`).join('\n')}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;
