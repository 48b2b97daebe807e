'use client';

import { usePreferences } from '#components/layout/preferences.tsx';
import { DeploymentMark } from '#components/ui/deployment.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { Section } from '#components/ui/panel.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRateInProse, formatMoney } from '#lib/format/money.ts';

const HOURS_PER_YEAR = 8_766;

interface Saving {
  deployment: Deployment;
  text: string;
}

/** Money that buys nothing now: failed deployments that hold an instance, and deployments that nobody is sent to. */
export function CostNotes({ endpoint, deployments }: { endpoint: string; deployments: readonly Deployment[] }) {
  const savings = deployments.flatMap((deployment) => {
    const text = whyWasted(deployment);
    return text === null ? [] : [{ deployment, text }];
  });
  if (savings.length === 0) return null;
  return (
    <Section title="Could cost less" count={savings.length}>
      <ul className="border-t border-line">
        {savings.map((saving) => (
          <SavingRow key={saving.deployment.name} endpoint={endpoint} {...saving} />
        ))}
      </ul>
    </Section>
  );
}

function SavingRow({ endpoint, deployment, text }: Saving & { endpoint: string }) {
  const { locale } = usePreferences();
  const rate = deployment.run_rate_micros_per_hour;
  const perHour = figureText(formatHourlyRateInProse(rate, deployment.currency, locale));
  const perYear = formatMoney(rate * HOURS_PER_YEAR, deployment.currency, locale);
  return (
    <li className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-2">
      <DeploymentMark slot={deployment.colour_slot} />
      <span className="min-w-0 flex-1">
        <b className="font-medium">{deployment.name}</b> {text}
      </span>
      <span className="whitespace-nowrap">
        {perHour} <span className="text-muted">or {perYear} a year</span>
      </span>
      <ButtonLink
        size="sm"
        href={`/endpoints/${encodeURIComponent(endpoint)}/deployments/${encodeURIComponent(deployment.name)}`}
      >
        Open {deployment.name}
      </ButtonLink>
    </li>
  );
}

function whyWasted(deployment: Deployment): string | null {
  if (deployment.run_rate_micros_per_hour === 0) return null;
  if (deployment.provisioning_state === 'Failed' && deployment.ready_instances === 0)
    return 'failed and still holds an instance, which costs like a working one';
  if (deployment.traffic_percent === 0 && deployment.mirror_percent === 0)
    return 'has no share of the traffic and runs all the same';
  return null;
}
