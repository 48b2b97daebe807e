import type { Share } from '#lib/traffic/rebalance.ts';
import type { PreviewFacts } from './split-preview.tsx';
import type { SplitDeployment } from './use-split-draft.ts';

/** A jump by more than this many points deserves a second look. */
const BIG_JUMP = 25;
/** Requests that an error ratio has to stand on. */
const MIN_REQUESTS = 20;

/** What a careful colleague would say before the split is applied, worst first. */
export function previewWarnings(
  deployments: readonly SplitDeployment[],
  applied: readonly Share[],
  shares: readonly Share[],
  facts: PreviewFacts,
): string[] {
  const sum = shares.reduce((total, { percent }) => total + percent, 0);
  if (sum === 0) return ['Every call will be answered with 404: no deployment takes traffic.'];
  const before = new Map(applied.map(({ name, percent }) => [name, percent]));
  const growing = shares.filter(({ name, percent }) => percent > (before.get(name) ?? 0));
  const warnings: string[] = [];
  for (const { name, percent } of growing) {
    const deployment = deployments.find((one) => one.name === name);
    if (deployment && !deployment.ready)
      warnings.push(`${name} is not ready, so this will be refused. ${deployment.reason}`);
    const jump = percent - (before.get(name) ?? 0);
    const baseline = errorOf(facts, applied.toSorted((a, b) => b.percent - a.percent)[0]?.name ?? '');
    const own = errorOf(facts, name);
    if (own !== null && baseline !== null && own > baseline + 0.005) {
      warnings.push(`${name} fails more often: ${percentText(own)} of its requests against ${percentText(baseline)}.`);
    }
    if ((facts.requests.get(name) ?? 0) === 0)
      warnings.push(`${name} answered no request in the last 15 minutes. Test it first.`);
    if (jump > BIG_JUMP && (before.get(name) ?? 0) > 0) warnings.push(`${name} grows by ${jump} points at once.`);
    if (facts.readyInstances.get(name) === 1 && percent >= 50) {
      warnings.push(`${name} has one instance. If it restarts, ${percent} % of calls wait for it.`);
    }
  }
  return warnings;
}

function errorOf(facts: PreviewFacts, name: string): number | null {
  return (facts.requests.get(name) ?? 0) < MIN_REQUESTS ? null : (facts.errorRatio.get(name) ?? 0);
}

const percentText = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`;
