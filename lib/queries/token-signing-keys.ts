import { queryOptions } from '@tanstack/react-query';
import type { TokenSigningKeyList } from '../contracts/token-signing-key.ts';
import { fetchJson } from './fetch-json.ts';
import { keys } from './keys.ts';

export function tokenSigningKeysQuery() {
  return queryOptions({
    queryKey: keys.tokenSigningKeys(),
    queryFn: ({ signal }) => fetchJson<TokenSigningKeyList>('/token-signing-keys', { signal }),
  });
}
