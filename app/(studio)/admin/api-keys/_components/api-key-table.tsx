'use client';

import { Age, useNow } from '#components/layout/age.tsx';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { useNarrow } from '#components/layout/use-narrow.ts';
import { Button } from '#components/ui/button.tsx';
import { Chip } from '#components/ui/chip.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { ApiKey } from '#lib/contracts/identity.ts';
import { formatDay } from '#lib/format/time.ts';

const SOON_MS = 14 * 86_400_000;

export interface ApiKeyTableProps {
  apiKeys: readonly ApiKey[];
  onRevoke: (apiKey: ApiKey) => void;
}

export function ApiKeyTable({ apiKeys, onRevoke }: ApiKeyTableProps) {
  const narrow = useNarrow();
  if (narrow) {
    return (
      <ul aria-label="API keys" className="border-t border-line">
        {apiKeys.map((apiKey) => (
          <li
            key={apiKey.id}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1 border-b border-line py-3"
          >
            <span className="truncate font-medium">{apiKey.name}</span>
            <RevokeButton apiKey={apiKey} onRevoke={onRevoke} />
            <span className="col-span-2 font-mono text-xs text-muted">{apiKey.prefix}…</span>
            <span className="col-span-2 flex items-center justify-between gap-3 text-xs text-muted">
              <span>
                last used: <LastUse apiKey={apiKey} />
              </span>
              <span>
                expires: <Expiry apiKey={apiKey} />
              </span>
            </span>
          </li>
        ))}
      </ul>
    );
  }
  return (
    <Table label="API keys">
      <thead>
        <tr>
          <HeadCell>Name</HeadCell>
          <HeadCell>Starts with</HeadCell>
          <HeadCell>Made by</HeadCell>
          <HeadCell>Made</HeadCell>
          <HeadCell>Last used</HeadCell>
          <HeadCell>Expires</HeadCell>
          <HeadCell className="w-20">
            <span className="sr-only">Actions</span>
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {apiKeys.map((apiKey) => (
          <Row key={apiKey.id}>
            <RowHeader className="max-w-80 truncate">
              <span className="font-medium">{apiKey.name}</span>
            </RowHeader>
            <Cell>
              <span className="font-mono text-xs">{apiKey.prefix}…</span>
            </Cell>
            <Cell className="text-muted">{apiKey.created_by}</Cell>
            <Cell className="text-muted">
              <Age at={apiKey.created_at} />
            </Cell>
            <Cell className="text-muted">
              <LastUse apiKey={apiKey} />
            </Cell>
            <Cell>
              <Expiry apiKey={apiKey} />
            </Cell>
            <Cell className="w-20 text-end">
              <RevokeButton apiKey={apiKey} onRevoke={onRevoke} />
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}

function LastUse({ apiKey }: { apiKey: ApiKey }) {
  return apiKey.last_used_at === null ? 'never' : <Age at={apiKey.last_used_at} />;
}

function Expiry({ apiKey }: { apiKey: ApiKey }) {
  const now = useNow();
  const style = useTimeStyle();
  if (apiKey.expires_at === null) return <span className="text-muted">never</span>;
  const left = Date.parse(apiKey.expires_at) - now;
  if (now > 0 && left <= 0) return <Chip tone="danger">Expired</Chip>;
  const day = formatDay(apiKey.expires_at, now, style);
  return now > 0 && left < SOON_MS ? <Chip tone="warning">{day}</Chip> : <span className="text-muted">{day}</span>;
}

function RevokeButton({ apiKey, onRevoke }: { apiKey: ApiKey; onRevoke: (apiKey: ApiKey) => void }) {
  return (
    <Button size="xs" variant="danger" aria-label={`Revoke ${apiKey.name}`} onPress={() => onRevoke(apiKey)}>
      Revoke…
    </Button>
  );
}
