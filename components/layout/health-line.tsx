'use client';

import { useQuery } from '@tanstack/react-query';
import { Check, CircleAlert } from 'lucide-react';
import type { Health } from '#lib/contracts/info.ts';
import { healthQuery, infoQuery } from '#lib/queries/info.ts';

/** Whether the installation's own processes are up, and its version. */
export function HealthLine() {
  const health = useQuery(healthQuery());
  const info = useQuery(infoQuery());
  const words = health.isError
    ? 'The control plane does not answer'
    : health.data
      ? componentsInWords(health.data)
      : 'Checking';
  const ok = health.data?.status === 'ok' && !health.isError;
  const Icon = ok || health.isPending ? Check : CircleAlert;
  return (
    <p
      className="mt-auto flex items-center gap-2 border-t border-line px-4.5 py-2.5 text-2xs text-faint folded:justify-center"
      title={words}
    >
      <Icon
        size={14}
        className={ok ? 'text-success' : health.isPending ? 'text-faint' : 'text-warning'}
        aria-hidden="true"
      />
      <span className="folded:sr-only">
        {words}
        {info.data ? ` · ${info.data.version}` : ''}
      </span>
    </p>
  );
}

/** The database lives inside the control plane and is no process; the studio is one: it drew the page. */
function componentsInWords(health: Health): string {
  const entries = Object.entries(health.components);
  const down = entries.filter(([, state]) => state === 'down').map(([name]) => name.replaceAll('_', ' '));
  if (down.length > 0) return `${down.join(', ')} down`;
  const processes = new Set([...entries.map(([name]) => name).filter((name) => name !== 'database'), 'studio']);
  return `${processes.size} processes up`;
}
