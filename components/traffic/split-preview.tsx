'use client';

import { ArrowRight, Check, CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { DeploymentName } from '#components/ui/deployment.tsx';
import { Link } from '#components/ui/link.tsx';
import { Note } from '#components/ui/note.tsx';
import { figureText } from '#lib/format/figure.ts';
import { numberFormat } from '#lib/format/intl-cache.ts';
import { formatRatio, formatRequestRate } from '#lib/format/number.ts';
import type { PreviewWarning, SplitPreview as Preview } from '#lib/traffic/preview-split.ts';
import type { SplitDeployment } from './use-split-draft.ts';

export interface SplitPreviewProps {
  deployments: readonly SplitDeployment[];
  preview: Preview;
  isDraft: boolean;
  /** Printed run rate of the endpoint: a split moves requests, not instances. */
  runRate: string;
  /** Price of one more instance, printed, by deployment. */
  priceOf: (name: string) => string;
  testHref: (name: string) => string;
  onScale: (name: string, instances: number) => void;
}

/** What will happen, before anything is sent. */
export function SplitPreview(props: SplitPreviewProps) {
  const { deployments, preview, isDraft, runRate } = props;
  return (
    <section aria-label="If you apply this" className="grid content-start gap-3">
      <div className="flex items-baseline justify-between gap-3">
        <h3>{isDraft ? 'If you apply this' : 'As it is'}</h3>
        <span className="text-xs text-muted">from the last 15 min</span>
      </div>
      <PreviewTable deployments={deployments} preview={preview} />
      <PreviewTotals preview={preview} isDraft={isDraft} runRate={runRate} />
      <Warnings {...props} />
    </section>
  );
}

function PreviewTable({ deployments, preview }: Pick<SplitPreviewProps, 'deployments' | 'preview'>) {
  const { locale } = usePreferences();
  const rate = (value: number | null): string => formatRequestRate(value, locale).value;
  const percent = (value: number | null): string =>
    value === null ? '–' : numberFormat(locale, { maximumFractionDigits: value < 1 ? 1 : 0 }).format(value);
  const head = 'pb-1 text-xs font-normal text-muted';
  return (
    <table className="w-full">
      <thead>
        <tr>
          <th scope="col" className={`${head} text-start`}>
            Deployment
          </th>
          <th scope="col" className={`${head} text-end`}>
            Requests/s
          </th>
          <th
            scope="col"
            className={`${head} text-end`}
            title="Mean use of the instances’ CPUs, scaled by the requests"
          >
            CPU, %
          </th>
          <th scope="col" className={`${head} text-end`}>
            Instances
          </th>
        </tr>
      </thead>
      <tbody>
        {preview.rows.map((row) => {
          const slot = deployments.find(({ name }) => name === row.name)?.slot ?? 0;
          return (
            <tr key={row.name} className="border-t border-line">
              <th scope="row" className="max-w-28 py-2 text-start font-normal">
                <DeploymentName name={row.name} slot={slot} />
              </th>
              <td className="text-end whitespace-nowrap">
                <Change now={rate(row.rateNow)} then={rate(row.rateThen)} />
              </td>
              <td
                className={`text-end whitespace-nowrap ${row.cpuThen !== null && row.cpuThen > 80 ? 'text-danger' : ''}`}
              >
                {row.cpuThen === null ? (
                  <span className="text-muted" title="Too few requests were seen to scale anything">
                    {percent(row.cpuNow)}
                  </span>
                ) : (
                  <Change now={percent(row.cpuNow)} then={percent(row.cpuThen)} />
                )}
              </td>
              <td className="text-end">{row.readyInstances}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Two figures with an arrow; one where they are printed alike. */
function Change({ now, then }: { now: string; then: string }) {
  if (now === then) return then;
  return (
    <>
      <span className="text-muted">{now}</span>
      <ArrowRight size={12} className="mx-1 inline text-faint" aria-label="becomes" />
      <b className="font-semibold">{then}</b>
    </>
  );
}

function PreviewTotals({ preview, isDraft, runRate }: Pick<SplitPreviewProps, 'preview' | 'isDraft' | 'runRate'>) {
  const { locale } = usePreferences();
  const errors = preview.errorsPerMinute;
  const perMinute = (value: number): string => formatRequestRate(value, locale).value;
  return (
    <dl className="grid gap-1.5 border-t border-line pt-3">
      <div className="flex justify-between gap-3">
        <dt className="text-muted">Run rate</dt>
        <dd>
          <b className="font-medium">{runRate}</b>
          {isDraft ? ', unchanged' : null}
        </dd>
      </div>
      {errors ? (
        <div className="flex justify-between gap-3">
          <dt className="text-muted">{isDraft ? 'Expected errors' : 'Errors'}</dt>
          <dd>
            <Change now={perMinute(errors.before)} then={perMinute(errors.after)} />{' '}
            <span className="text-muted">per min</span>
          </dd>
        </div>
      ) : null}
    </dl>
  );
}

function Warnings(props: SplitPreviewProps) {
  const { preview, isDraft } = props;
  if (!isDraft) return null;
  return (
    <ul className="grid gap-2.5 border-t border-line pt-3">
      {preview.warnings.length === 0 ? (
        <li className="flex gap-2">
          <Check size={16} className="mt-0.5 text-success" aria-hidden="true" /> Nothing speaks against it
        </li>
      ) : (
        preview.warnings.map((warning) => (
          <li key={'name' in warning ? `${warning.kind} ${warning.name}` : warning.kind}>
            <WarningText {...props} warning={warning} />
          </li>
        ))
      )}
    </ul>
  );
}

function WarningText({ warning, onScale, testHref, priceOf }: SplitPreviewProps & { warning: PreviewWarning }) {
  const { locale } = usePreferences();
  const ratio = (value: number): string => figureText(formatRatio(value, locale));
  switch (warning.kind) {
    case 'paused':
      return <Alarm>Every call will be answered with 404: no deployment takes traffic.</Alarm>;
    case 'not_ready':
      return (
        <Alarm>
          <b className="font-medium">{warning.name} is not ready</b>, so this will be refused. {warning.reason}
        </Alarm>
      );
    case 'over_capacity':
      return (
        <Alarm
          actions={
            <Button size="sm" onPress={() => onScale(warning.name, warning.enough)}>
              Scale {warning.name} to {warning.enough} first
            </Button>
          }
        >
          <b className="font-medium">{warning.name} would be over capacity.</b> CPU at {Math.round(warning.cpuThen)} %
          of {warning.instances === 1 ? 'one instance' : `${warning.instances} instances`}, as its requests of the last
          15 minutes scale.
        </Alarm>
      );
    case 'more_errors':
      return (
        <Remark>
          {warning.name} fails more often: {ratio(warning.ratio)} of its requests against {ratio(warning.baselineRatio)}{' '}
          of {warning.baseline}, more than chance explains.
        </Remark>
      );
    case 'never_served':
      return (
        <Remark>
          {warning.name} answered no call in the last 15 minutes.{' '}
          <Link look="prose" href={testHref(warning.name)}>
            Test it by name first
          </Link>
        </Remark>
      );
    case 'big_jump':
      return (
        <Remark>
          {warning.name} grows by {warning.points} points at once.
        </Remark>
      );
    case 'single_instance':
      return (
        <Remark>
          {warning.name} has one instance. If it restarts, {figureText(formatRequestRate(warning.rateThen, locale))}{' '}
          wait for it.{' '}
          <button type="button" className="prose-link" onClick={() => onScale(warning.name, 2)}>
            Scale to 2 first, +{priceOf(warning.name)}
          </button>
        </Remark>
      );
  }
}

/** Somebody must act. */
function Alarm({ children, actions }: { children: ReactNode; actions?: ReactNode }) {
  return (
    <Note tone="danger" actions={actions}>
      {children}
    </Note>
  );
}

function Remark({ children }: { children: ReactNode }) {
  return (
    <span className="flex gap-2">
      <CircleAlert size={16} className="mt-0.5 shrink-0 text-warning" aria-hidden="true" />
      <span className="min-w-0">{children}</span>
    </span>
  );
}
