/** Small line of a rate over time, whole endpoint, so in viridian. Decorative: the figure beside it says the value now. */
export function Sparkline({
  values,
  width = 72,
  height = 24,
}: {
  /** Oldest first; null where nothing was measured. */
  values: readonly (number | null)[];
  width?: number;
  height?: number;
}) {
  const top = Math.max(0, ...values.map((value) => value ?? 0));
  const line = sparklinePath(values, width, height, top);
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      className="block overflow-visible"
      aria-hidden="true"
    >
      {top === 0 || line === '' ? (
        <path d={`M0 ${height - 0.5}H${width}`} stroke="var(--color-line-strong)" />
      ) : (
        <>
          <path d={`${line}V${height}H0Z`} fill="var(--color-accent-wash)" />
          <path d={line} fill="none" stroke="var(--color-accent)" strokeWidth="1.25" strokeLinejoin="round" />
        </>
      )}
    </svg>
  );
}

/** SVG path of the values scaled to `top`; a gap counts as zero, because a rate without requests is zero. */
export function sparklinePath(values: readonly (number | null)[], width: number, height: number, top: number): string {
  if (values.length < 2 || top <= 0) return '';
  const step = width / (values.length - 1);
  const points = values.map((value, index) => {
    const y = height - 1 - ((value ?? 0) / top) * (height - 3);
    return `${(index * step).toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M${points.join('L')}`;
}
