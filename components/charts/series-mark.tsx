import { useId } from 'react';
import type { SeriesLook } from './chart-series.ts';

/** Sample of how a series is drawn: a square of its fill, or a stretch of its line. */
export function SeriesMark({ look }: { look: SeriesLook }) {
  const id = useId();
  if (look.fill === undefined && look.shape !== 'bar')
    return (
      <svg width="18" height="10" viewBox="0 0 18 10" className="shrink-0" aria-hidden="true">
        <path d="M0 5H18" stroke={look.colour} strokeWidth={look.width ?? 1.5} strokeDasharray={look.dash} />
      </svg>
    );
  return (
    <svg width="14" height="10" viewBox="0 0 14 10" className="shrink-0" aria-hidden="true">
      {look.hatch ? (
        <pattern id={id} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="5" height="5" fill={look.fill ?? 'transparent'} />
          <rect width="1.5" height="5" fill={look.colour} />
        </pattern>
      ) : null}
      <rect
        x=".5"
        y=".5"
        width="13"
        height="9"
        rx="1.5"
        fill={look.hatch ? `url(#${id})` : (look.fill ?? look.colour)}
        stroke={look.colour}
      />
    </svg>
  );
}
