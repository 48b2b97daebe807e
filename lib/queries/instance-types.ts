import { queryOptions } from '@tanstack/react-query';
import type { InstanceType } from '#lib/contracts/instance-type.ts';
import { fetchAll } from './fetch-json.ts';
import { keys } from './keys.ts';

export function instanceTypesQuery() {
  return queryOptions({
    queryKey: keys.instanceTypes.list(),
    queryFn: ({ signal }) => fetchAll<InstanceType>('/instance-types', { signal }),
  });
}
