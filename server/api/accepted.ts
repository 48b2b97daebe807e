import type { Operation } from '#lib/contracts/operation.ts';
import { API_PREFIX } from './register-route.ts';
import type { RouteAnswer } from './route.ts';

/** 202: the change goes on as an operation. */
export function accepted(operation: Operation, headers: Record<string, string> = {}): RouteAnswer {
  return {
    status: 202,
    body: operation,
    headers: { location: `${API_PREFIX}/operations/${operation.id}`, ...headers },
  };
}
