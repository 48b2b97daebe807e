'use client';

import { Check, Minus, Pencil, Trash2 } from 'lucide-react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { useNarrow } from '#components/layout/use-narrow.ts';
import { IconButton } from '#components/ui/icon-button.tsx';
import { Link } from '#components/ui/link.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { InstanceType } from '#lib/contracts/instance-type.ts';
import { formatMemoryMib } from '#lib/format/bytes.ts';
import { formatHourlyRate } from '#lib/format/money.ts';
import { formatDecimal } from '#lib/format/number.ts';

export interface InstanceTypeTableProps {
  types: readonly InstanceType[];
  onEdit: (type: InstanceType) => void;
  onDelete: (type: InstanceType) => void;
}

export function InstanceTypeTable({ types, ...actions }: InstanceTypeTableProps) {
  const narrow = useNarrow();
  if (narrow) {
    return (
      <ul aria-label="Instance types" className="border-t border-line">
        {types.map((type) => (
          <InstanceTypeCard key={type.name} type={type} {...actions} />
        ))}
      </ul>
    );
  }
  return (
    <Table label="Instance types">
      <thead>
        <tr>
          <HeadCell>Name</HeadCell>
          <HeadCell>This host</HeadCell>
          <HeadCell numeric>Processor</HeadCell>
          <HeadCell numeric>Memory</HeadCell>
          <HeadCell numeric>GPU</HeadCell>
          <HeadCell>Used by</HeadCell>
          <HeadCell numeric>Price</HeadCell>
          <HeadCell className="w-18">
            <span className="sr-only">Actions</span>
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {types.map((type) => (
          <InstanceTypeRow key={type.name} type={type} {...actions} />
        ))}
      </tbody>
    </Table>
  );
}

type RowProps = { type: InstanceType } & Omit<InstanceTypeTableProps, 'types'>;

function InstanceTypeRow({ type, onEdit, onDelete }: RowProps) {
  const { locale } = usePreferences();
  return (
    <Row>
      <RowHeader>
        <span className="flex max-w-80 items-baseline gap-2">
          <span className="font-medium">{type.name}</span>
          <span className="truncate text-xs text-muted" title={type.description}>
            {type.description}
          </span>
        </span>
      </RowHeader>
      <Cell>
        <Fit type={type} />
      </Cell>
      <Cell numeric>
        <Figure value={cores(type, locale)} unit={type.cpu === 1 ? 'core' : 'cores'} />
      </Cell>
      <Cell numeric>
        <Figure {...formatMemoryMib(type.memory_mib, locale)} />
      </Cell>
      <Cell numeric className={type.gpus === 0 ? 'text-muted' : ''}>
        {gpuInWords(type)}
      </Cell>
      <Cell>
        <Users type={type} />
      </Cell>
      <Cell numeric>
        <Figure {...formatHourlyRate(type.price_per_hour_micros, type.currency, locale)} />
      </Cell>
      <Cell className="w-18">
        <Actions type={type} onEdit={onEdit} onDelete={onDelete} />
      </Cell>
    </Row>
  );
}

function InstanceTypeCard({ type, onEdit, onDelete }: RowProps) {
  const { locale } = usePreferences();
  const memory = formatMemoryMib(type.memory_mib, locale);
  return (
    <li className="grid gap-1.5 border-b border-line py-3">
      <span className="flex items-center justify-between gap-2">
        <span className="font-medium">{type.name}</span>
        <Actions type={type} onEdit={onEdit} onDelete={onDelete} />
      </span>
      <span className="flex flex-wrap justify-between gap-x-4">
        <span>
          {cores(type, locale)} {type.cpu === 1 ? 'core' : 'cores'}, {memory.value} {memory.unit}
          {type.gpus > 0 ? `, ${gpuInWords(type)} GPU` : ''}
        </span>
        <span>
          <Figure {...formatHourlyRate(type.price_per_hour_micros, type.currency, locale)} />
        </span>
      </span>
      <Fit type={type} />
      {type.used_by.length > 0 ? (
        <span className="text-xs text-muted">
          Used by <Users type={type} />
        </span>
      ) : null}
    </li>
  );
}

function cores(type: InstanceType, locale: string): string {
  return Number.isInteger(type.cpu) ? String(type.cpu) : formatDecimal(type.cpu, locale);
}

function gpuInWords(type: InstanceType): string {
  return type.gpus === 0 ? 'none' : `${type.gpus} × ${Math.round(type.gpu_memory_mib / 1024)} GiB`;
}

/** Whether one such instance can run here, and why not. */
function Fit({ type }: { type: InstanceType }) {
  return type.fits_host ? (
    <span className="inline-flex items-center gap-1.5 align-middle">
      <Check size={14} className="text-success" aria-hidden="true" />
      fits
    </span>
  ) : (
    <span className="inline-flex max-w-60 items-center gap-1.5 align-middle text-muted" title={type.fit_reason}>
      <Minus size={14} aria-hidden="true" />
      <span className="truncate">{type.fit_reason}</span>
    </span>
  );
}

/** Deployments that run on the type: the first by name, the others counted. */
function Users({ type }: { type: InstanceType }) {
  const [first, ...others] = type.used_by;
  if (first === undefined) return <span className="text-muted">nobody</span>;
  const [, , endpoint = '', , deployment = ''] = first.split('/');
  return (
    <>
      <Link look="prose" href={`/endpoints/${endpoint}`}>
        {endpoint} / {deployment}
      </Link>
      {others.length > 0 ? <span className="text-muted"> and {others.length} more</span> : null}
    </>
  );
}

function Actions({ type, onEdit, onDelete }: RowProps) {
  return (
    <span className="flex justify-end gap-1">
      <IconButton
        label={`Edit ${type.name}`}
        size="sm"
        icon={<Pencil size={14} aria-hidden="true" />}
        onPress={() => onEdit(type)}
      />
      <IconButton
        label={`Delete ${type.name}`}
        size="sm"
        icon={<Trash2 size={14} aria-hidden="true" />}
        onPress={() => onDelete(type)}
      />
    </span>
  );
}
