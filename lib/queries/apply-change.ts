import type { ChangeEvent } from '#lib/contracts/event.ts';
import { keys } from './keys.ts';

type Key = readonly unknown[];

/** Which cached queries a change makes out of date. Unknown resources concern nobody. */
export function keysOfChange(change: Pick<ChangeEvent, 'resource'>): Key[] {
  const [, kind, name] = change.resource.split('/').map(decodeURIComponent);
  switch (kind) {
    case 'endpoints':
      return name === undefined
        ? [keys.endpoints.all()]
        : [keys.endpoints.list(), keys.endpoints.one(name), keys.activity.all()];
    case 'operations':
      return name === undefined ? [keys.operations.all()] : [['operations', 'list'], keys.operations.detail(name)];
    case 'models':
      return [keys.models.all()];
    case 'environments':
      return [keys.environments.all()];
    case 'registries':
      return [keys.registries.all()];
    case 'uploads':
      return name === undefined ? [['uploads']] : [keys.uploads.detail(name)];
    case 'instance-types':
      // A price is part of every run rate.
      return [keys.instanceTypes.all(), keys.endpoints.all(), keys.costs.all()];
    case 'api-keys':
      return [keys.apiKeys.all()];
    default:
      return [];
  }
}
