const LABELLED = [0, 25, 50, 75, 100];
const TICKS = Array.from({ length: 51 }, (_, index) => index * 2);

/** Ticks every 2, longer every 10, longest every 50; the outer labels are flush with the ends. */
export function SplitScale() {
  return (
    <div className="relative h-8 text-2xs text-faint" aria-hidden="true">
      <svg
        className="absolute inset-x-0 top-0.5 h-2 w-full overflow-visible"
        preserveAspectRatio="none"
        viewBox="0 0 100 8"
      >
        {TICKS.map((at) => (
          <line
            key={at}
            x1={at}
            x2={at}
            y1="0"
            y2={at % 50 === 0 ? 8 : at % 10 === 0 ? 5.5 : 3}
            stroke="var(--color-control)"
            strokeWidth="1"
            vectorEffect="non-scaling-stroke"
          />
        ))}
      </svg>
      {LABELLED.map((at) => (
        <span
          key={at}
          className="absolute top-3"
          style={{ left: `${at}%`, transform: `translateX(-${at === 0 ? 0 : at === 100 ? 100 : 50}%)` }}
        >
          {at}
        </span>
      ))}
    </div>
  );
}
