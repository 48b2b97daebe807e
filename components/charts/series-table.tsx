'use client';

import { useState } from 'react';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Cell, HeadCell, Row, RowHeader, SortButton, Table } from '#components/ui/table.tsx';
import { figureText } from '#lib/format/figure.ts';
import { formatInstant } from '#lib/format/time.ts';
import type { ChartSeries, FormatValue, TimeGrid } from './chart-series.ts';
import { bucketStart } from './time-grid.ts';

/** The same figures as a table, newest first, for everyone whom a picture does not serve. */
export function SeriesTable({
  label,
  grid,
  series,
  format,
}: {
  label: string;
  grid: TimeGrid;
  series: readonly ChartSeries[];
  format: FormatValue;
}) {
  const style = useTimeStyle();
  const [newestFirst, setNewestFirst] = useState(true);
  const buckets = Array.from({ length: grid.count }, (_, index) => (newestFirst ? grid.count - 1 - index : index));
  return (
    <div className="max-h-76 overflow-y-auto border-b border-line">
      <Table label={label} compact>
        <thead className="sticky top-0 bg-page">
          <tr>
            <HeadCell aria-sort={newestFirst ? 'descending' : 'ascending'}>
              <SortButton direction={newestFirst ? 'desc' : 'asc'} onClick={() => setNewestFirst(!newestFirst)}>
                Time
              </SortButton>
            </HeadCell>
            {series.map(({ id, label: name }) => (
              <HeadCell key={id} numeric>
                {name}
              </HeadCell>
            ))}
          </tr>
        </thead>
        <tbody>
          {buckets.map((index) => (
            <Row key={index}>
              <RowHeader>{formatInstant(bucketStart(grid, index), style)}</RowHeader>
              {series.map(({ id, values }) => (
                <Cell key={id} numeric>
                  {figureText(format(values[index] ?? null))}
                </Cell>
              ))}
            </Row>
          ))}
        </tbody>
      </Table>
    </div>
  );
}
