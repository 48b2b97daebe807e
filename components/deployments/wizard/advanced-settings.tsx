'use client';

import { NumberField } from '#components/ui/number-field.tsx';
import { LIVENESS_DEFAULTS } from '#lib/contracts/deployment-defaults.ts';
import type { ProbeDraft, RequestSettingsDraft } from '#lib/deployment-yaml/draft.ts';
import { FieldFault } from './field-fault.tsx';
import type { Wizard } from './use-wizard.ts';
import { standardsOf } from './wizard-form.ts';

const REQUEST_FIELDS = [
  {
    key: 'request_timeout_ms',
    field: 'request-timeout',
    label: 'Time to the first byte',
    unit: 'ms',
    hint: 'An answer that has not begun by then ends with 504.',
  },
  {
    key: 'max_concurrent_requests_per_instance',
    field: 'request-concurrency',
    label: 'Calls at once per instance',
    unit: '',
    hint: 'What comes above waits in the queue. ONNX models answer what waits together as one batch.',
  },
  {
    key: 'max_queue_wait_ms',
    field: 'request-queue-wait',
    label: 'Longest wait in the queue',
    unit: 'ms',
    hint: 'After that, 503 with Retry-After.',
  },
] as const satisfies readonly { key: keyof RequestSettingsDraft; [other: string]: unknown }[];

const PROBE_FIELDS = [
  { key: 'initial_delay', label: 'First after', unit: 's' },
  { key: 'period', label: 'Every', unit: 's' },
  { key: 'timeout', label: 'Answer within', unit: 's' },
  { key: 'failure_threshold', label: 'Failures allowed', unit: '' },
  { key: 'success_threshold', label: 'Successes needed', unit: '' },
] as const satisfies readonly { key: keyof ProbeDraft; [other: string]: unknown }[];

const PROBES = [
  {
    id: 'readinessProbe',
    field: 'readiness-probe',
    title: 'Readiness probe',
    text: 'Decides when an instance gets calls.',
    fields: PROBE_FIELDS,
  },
  {
    id: 'livenessProbe',
    field: 'liveness-probe',
    title: 'Liveness probe',
    text: 'Decides when an instance is started anew.',
    // One success is enough, by the interface's own rule.
    fields: PROBE_FIELDS.filter(({ key }) => key !== 'success_threshold'),
  },
] as const;

/** Request settings and probes. What is left as it is stays out of the request, so that defaults can change under it. */
export function AdvancedSettings({ wizard }: { wizard: Wizard }) {
  const { draft, change, faultOf } = wizard;
  const { request, readiness } = standardsOf(wizard.form.method);
  const standards = { readinessProbe: readiness, livenessProbe: LIVENESS_DEFAULTS };
  const hasFault = [...REQUEST_FIELDS, ...PROBES].some(({ field }) => faultOf(field) !== null);
  return (
    <details open={hasFault || undefined} className="group">
      <summary className="w-max cursor-pointer py-1 text-accent">Advanced: time-outs, concurrency, probes</summary>
      <div className="mt-3 grid gap-6">
        <fieldset className="grid gap-4 md:grid-cols-2">
          <legend className="sr-only">Request settings</legend>
          {REQUEST_FIELDS.map(({ key, field, label, unit, hint }) => (
            <NumberField
              key={key}
              id={`field-${field}`}
              label={label}
              unit={unit}
              digits={7}
              minValue={key === 'max_queue_wait_ms' ? 0 : 1}
              maxValue={3_600_000}
              value={draft.requestSettings[key] ?? request[key]}
              onChange={(value) =>
                change({
                  requestSettings: { ...draft.requestSettings, [key]: unlessStandard(value, request[key]) },
                })
              }
              hint={hint}
              error={faultOf(field)}
            />
          ))}
        </fieldset>
        {PROBES.map(({ id, field, title, text, fields }) => (
          <fieldset key={id} id={`field-${field}`} tabIndex={-1} className="outline-none">
            <legend className="text-sm font-medium">
              {title} <span className="font-normal text-muted">{text}</span>
            </legend>
            <div className="mt-2 flex flex-wrap gap-x-5 gap-y-3">
              {fields.map(({ key, label, unit }) => (
                <NumberField
                  key={key}
                  label={label}
                  unit={unit}
                  digits={4}
                  minValue={key === 'initial_delay' ? 0 : 1}
                  maxValue={86_400}
                  value={draft[id][key] ?? standards[id][key]}
                  onChange={(value) =>
                    change({ [id]: { ...draft[id], [key]: unlessStandard(value, standards[id][key]) } })
                  }
                />
              ))}
            </div>
            <FieldFault message={faultOf(field)} />
          </fieldset>
        ))}
      </div>
    </details>
  );
}

function unlessStandard(value: number, standard: number): number | null {
  return Number.isNaN(value) || value === standard ? null : value;
}
