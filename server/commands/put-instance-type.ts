import type { InstanceTypeWrite } from '#lib/contracts/instance-type.ts';
import type { Actor } from '#server/domain/actor.ts';
import { INITIAL_CURRENCY } from '#server/domain/initial-instance-types.ts';
import type { InstanceTypePrice, InstanceTypeRecord } from '#server/domain/instance-type.ts';
import { instanceTypePath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Transaction } from '#server/store/database.ts';
import {
  findInstanceType,
  insertPrice,
  instanceTypeKey,
  listPrices,
  saveInstanceType,
} from '#server/store/instance-type-store.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';

export interface PutInstanceType {
  name: string;
  written: InstanceTypeWrite;
  precondition: Precondition;
}

export interface PutInstanceTypeOutcome {
  instanceType: InstanceTypeRecord;
  created: boolean;
}

/**
 * Makes or replaces an instance type. Another price is in force from now on; what ran before stays charged as it was. Running instances keep the
 * resources that they were started with.
 */
export async function putInstanceType(
  context: Pick<CommandContext, 'database'>,
  actor: Actor,
  { name, written, precondition }: PutInstanceType,
): Promise<PutInstanceTypeOutcome> {
  const object = instanceTypePath(name);
  authorize(actor, 'instance_type.write', object);
  return context.database.transact(async (transaction) => {
    const current = await findInstanceType(transaction, name);
    checkPrecondition(precondition, current?.revision ?? null);
    const instanceType = await saveInstanceType(transaction, {
      name: current?.name ?? name,
      cpu: written.cpu,
      memoryMib: written.memory_mib,
      gpus: written.gpus ?? 0,
      gpuMemoryMib: written.gpu_memory_mib ?? 0,
      description: written.description ?? '',
      fit: current?.fit ?? 'exact',
    });
    await followPrice(transaction, name, written);
    const action = current === null ? 'instance_type.create' : 'instance_type.update';
    const detail = { price_per_hour_micros: written.price_per_hour_micros };
    await recordAudit(transaction, { actor, action, object, detail });
    return { instanceType, created: current === null };
  });
}

async function followPrice(transaction: Transaction, name: string, written: InstanceTypeWrite): Promise<void> {
  const newest = await findNewestPrice(transaction, name);
  const currency = written.currency ?? newest?.currency ?? INITIAL_CURRENCY;
  const pricePerHourMicros = written.price_per_hour_micros;
  if (newest?.pricePerHourMicros === pricePerHourMicros && newest.currency === currency) return;
  await insertPrice(transaction, name, { pricePerHourMicros, currency });
}

async function findNewestPrice(transaction: Transaction, name: string): Promise<InstanceTypePrice | undefined> {
  const prices = await listPrices(transaction);
  return prices.findLast((price) => price.instanceType === instanceTypeKey(name));
}
