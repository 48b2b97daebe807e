import { Skeleton, SkeletonRegion, SkeletonRows } from '#components/ui/skeleton.tsx';

/** Overview on its way: the size of what will stand there. */
export function OverviewSkeleton() {
  return (
    <>
      <SkeletonRegion
        label="the overview"
        className="grid auto-cols-fr border-y border-line max-md:grid-cols-2 md:grid-flow-col"
      >
        {[0, 1, 2, 3, 4].map((index) => (
          <div key={index} className="grid content-start gap-2 px-5 pt-3 pb-3.5 first:ps-0">
            <Skeleton className="h-3.5 w-24" />
            <Skeleton className="h-7 w-20" />
            <Skeleton className="h-3.5 w-28" />
          </div>
        ))}
      </SkeletonRegion>
      <div className="mt-8 grid gap-8 lg:grid-cols-[minmax(0,1fr)_312px]">
        <SkeletonRows label="what needs attention" rows={6} />
        <SkeletonRows label="the activity" rows={6} />
      </div>
    </>
  );
}
