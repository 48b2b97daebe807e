'use client';

import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { SearchField } from '#components/ui/search-field.tsx';
import { type Status, STATUS_WORDS, StatusMark } from '#components/ui/chip.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { ENDPOINT_STATE_IDS, type StateFilter } from './endpoint-states.ts';

export interface EndpointFiltersProps {
  filter: string;
  state: StateFilter;
  /** Those that match the text, whatever their state: the counts. */
  endpoints: readonly Endpoint[];
  onFilter: (filter: string) => void;
  onState: (state: StateFilter) => void;
}

export function EndpointFilters({ filter, state, endpoints, onFilter, onState }: EndpointFiltersProps) {
  const options = ENDPOINT_STATE_IDS.map((id) => ({
    id,
    label: id === 'all' ? 'All' : STATUS_WORDS[id],
    count: id === 'all' ? endpoints.length : endpoints.filter((endpoint) => endpoint.state === id).length,
    ...(id === 'all' ? {} : { icon: <StatusDecoration status={id} /> }),
  })).filter((option) => option.id === 'all' || option.id === state || option.count > 0);
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <SearchField
        label="Filter endpoints"
        placeholder="Filter by name, or state: tag:"
        keys={['/']}
        value={filter}
        onChange={onFilter}
        className="w-105 max-w-full max-md:w-full"
      />
      <SegmentedControl label="State" size="md" options={options} value={state} onChange={onState} />
    </div>
  );
}

/** The mark without its name: the word stands beside it. */
function StatusDecoration({ status }: { status: Status }) {
  return (
    <span aria-hidden="true">
      <StatusMark status={status} size={12} />
    </span>
  );
}
