'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { NumberField } from '#components/ui/number-field.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { InstanceType } from '#lib/contracts/instance-type.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRate, formatMoney, microsToDecimal, parseMicros } from '#lib/format/money.ts';
import { keys } from '#lib/queries/keys.ts';
import { putInstanceType } from '../actions.ts';

const HOURS_PER_MONTH = 730;
const FORM_ID = 'instance-type-form';

export interface InstanceTypeFormProps {
  /** Null adds a new one. */
  type: InstanceType | null;
  currency: string;
  onClose: () => void;
}

export function InstanceTypeForm({ type, currency, onClose }: InstanceTypeFormProps) {
  const client = useQueryClient();
  const [name, setName] = useState(type?.name ?? '');
  const [cpu, setCpu] = useState(type?.cpu ?? 1);
  const [memoryMib, setMemoryMib] = useState(type?.memory_mib ?? 1024);
  const [price, setPrice] = useState(type ? microsToDecimal(type.price_per_hour_micros) : '');
  const [description, setDescription] = useState(type?.description ?? '');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const micros = parseMicros(price);
  const fieldError = (field: string) => problem?.errors?.find((error) => error.path === `/${field}`)?.message;

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy || micros === null) return;
    setBusy(true);
    const write = {
      cpu,
      memory_mib: memoryMib,
      gpus: type?.gpus ?? 0,
      gpu_memory_mib: type?.gpu_memory_mib ?? 0,
      price_per_hour_micros: micros,
      currency: type?.currency ?? currency,
      description,
    };
    const result = await putInstanceType(name.trim(), write, type?.revision ?? null);
    setBusy(false);
    if (!result.ok) return setProblem(result.problem);
    await client.invalidateQueries({ queryKey: keys.instanceTypes.all() });
    toast({ text: type ? `Saved ${name}` : `Added ${name}` });
    onClose();
  }

  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={type ? `Edit ${type.name}` : 'Add an instance type'}
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            type="submit"
            form={FORM_ID}
            variant="primary"
            busy={busy}
            isDisabled={micros === null || !name.trim()}
          >
            {type ? 'Save instance type' : 'Add instance type'}
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void save(event)} className="grid gap-4 pt-2">
        {type ? null : (
          <TextField
            label="Name"
            hint="Letters, digits, dots, dashes and underscores"
            error={fieldError('name')}
            autoFocus
            isRequired
            value={name}
            onChange={setName}
          />
        )}
        <div className="flex flex-wrap gap-4">
          <NumberField
            label="Processor"
            unit="cores"
            error={fieldError('cpu')}
            minValue={0.1}
            maxValue={4096}
            step={0.1}
            value={cpu}
            onChange={setCpu}
          />
          <NumberField
            label="Memory"
            unit="MiB"
            digits={6}
            error={fieldError('memory_mib')}
            minValue={64}
            step={64}
            value={memoryMib}
            onChange={setMemoryMib}
          />
        </div>
        <TextField
          label={`Price per hour and instance, in ${type?.currency ?? currency}`}
          hint={<PriceInWords micros={micros} currency={type?.currency ?? currency} />}
          error={
            price !== '' && micros === null
              ? 'Write a number with at most six decimals, like 0.169'
              : fieldError('price_per_hour_micros')
          }
          inputMode="decimal"
          isRequired
          value={price}
          onChange={setPrice}
        />
        <TextField label="Description" value={description} onChange={setDescription} />
        {problem && !problem.errors?.length ? <ErrorState problem={problem} /> : null}
      </form>
    </Dialog>
  );
}

function PriceInWords({ micros, currency }: { micros: number | null; currency: string }) {
  const { locale } = usePreferences();
  if (micros === null) return 'Zero makes it free';
  const hourly = figureText(formatHourlyRate(micros, currency, locale));
  const monthly = formatMoney(micros * HOURS_PER_MONTH, currency, locale);
  return `${hourly}, about ${monthly} for an instance that runs all month`;
}
