import { queryOptions } from '@tanstack/react-query';
import type { InstanceType } from '#lib/contracts/instance-type.ts';
import { fetchItems } from './fetch-json.ts';
import { keys } from './keys.ts';

export function instanceTypesQuery() {
  return queryOptions({
    queryKey: keys.instanceTypes.list(),
    queryFn: ({ signal }) => fetchItems<InstanceType>('/instance-types', { signal }),
  });
}
