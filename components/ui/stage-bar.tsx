import type { Stage } from '#lib/contracts/operation.ts';
import { cx } from './class-names.ts';

const LOOKS: Record<Stage['status'], string> = {
  pending: 'bg-fill inset-ring-[.5px] inset-ring-line-strong',
  running: 'bg-sunken bg-[linear-gradient(90deg,var(--color-accent)_50%,transparent_50%)] bg-[length:6px_100%]',
  succeeded: 'bg-accent',
  failed: 'bg-danger',
  skipped: 'inset-ring inset-ring-accent-line',
};

/** One segment per stage of an operation. */
export function StageBar({
  stages,
  className,
}: {
  stages: readonly Pick<Stage, 'name' | 'status'>[];
  className?: string;
}) {
  const finished = stages.filter((stage) => stage.status === 'succeeded' || stage.status === 'skipped').length;
  const running = stages.find((stage) => stage.status === 'running');
  return (
    <span
      role="img"
      aria-label={`${finished} of ${stages.length} stages done${running ? `, now: ${running.name}` : ''}`}
      className={cx('flex gap-0.5', className)}
    >
      {stages.map((stage, index) => (
        <span
          key={`${index} ${stage.name}`}
          className={cx('h-1 min-w-[3px] flex-1 rounded-[1px]', LOOKS[stage.status])}
        />
      ))}
    </span>
  );
}
