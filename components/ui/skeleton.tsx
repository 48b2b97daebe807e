import { cx } from './class-names.ts';

/** A bar of the size of what will stand there, so that nothing moves. Give it width and height by class. */
export function Skeleton({ className }: { className?: string }) {
  return <span className={cx('block rounded-xs bg-fill', className)} />;
}

/** Loading state of a region: says so once, to everybody. */
export function SkeletonRegion({
  label,
  children,
  className,
}: {
  label: string;
  children: React.ReactNode;
  className?: string;
}) {
  return (
    <div role="status" aria-busy="true" aria-label={`Loading ${label}`} className={className}>
      {children}
    </div>
  );
}

/** Rows of a table or list that is on its way. */
export function SkeletonRows({ label, rows, compact = false }: { label: string; rows: number; compact?: boolean }) {
  return (
    <SkeletonRegion label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={cx('flex items-center gap-6 border-b border-line', compact ? 'h-8' : 'h-10')}>
          <Skeleton className="h-4 w-20" />
          <Skeleton className="h-3.5 w-40" />
          <Skeleton className="h-2 w-24 max-md:hidden" />
          <span className="flex-1" />
          <Skeleton className="h-3.5 w-14" />
          <Skeleton className="h-3.5 w-14 max-md:hidden" />
        </div>
      ))}
    </SkeletonRegion>
  );
}
