import type { Problem } from '#lib/contracts/problem.ts';
import { ApiProblem, unexpectedProblem } from './api-problem.ts';

export const API_BASE = '/api/v1';

type SearchValue = string | number | boolean | null | undefined;

/** Path with its query; absent values are left out. */
export function withSearch(path: string, search: Record<string, SearchValue>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const query = parameters.toString();
  return query === '' ? path : `${path}?${query}`;
}

/** Path of segments, each escaped: `apiPath('endpoints', name, 'traffic')`. */
export function apiPath(...segments: readonly string[]): string {
  return `/${segments.map(encodeURIComponent).join('/')}`;
}

/**
 * Reads JSON from the REST API on the studio's own origin. A session that ended sends the browser to the sign-in page.
 * @throws ApiProblem for every answer that is not 2xx and for a connection that fails; AbortError when `signal` aborts
 */
export async function fetchJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetchApi(path, init);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** As `fetchJson`, for what is not JSON. */
export async function fetchApi(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${API_BASE}${path}`, { headers: { accept: 'application/json' }, ...init });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiProblem(
      unexpectedProblem(
        'The studio does not answer',
        'The connection failed. Check that the studio runs and the network is up.',
      ),
    );
  }
  if (response.ok) return response;
  throw await apiProblem(response);
}

/** The problem that an answer carries, or one made from its status. */
export async function apiProblem(response: Response): Promise<ApiProblem> {
  const retryAfter = Number(response.headers.get('retry-after'));
  const seconds = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null;
  if (response.headers.get('content-type')?.includes('json')) {
    const body: unknown = await response.json().catch(() => null);
    if (isProblem(body)) return new ApiProblem(body, seconds);
  }
  const detail = `The answer had status ${response.status} and no explanation.`;
  return new ApiProblem(unexpectedProblem('The request failed', detail, response.status), seconds);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'title' in body && 'detail' in body;
}

/** The items of a list that is never paged, because it is always short. */
export async function fetchItems<Item>(path: string, init: RequestInit = {}): Promise<Item[]> {
  return (await fetchJson<{ items: Item[] }>(path, init)).items;
}

/** All items of a cursor list, page after page. For lists that people read whole; the server's page size bounds each step. */
export async function fetchAll<Item>(path: string, init: RequestInit = {}): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: Item[]; next_cursor: string | null } = await fetchJson(
      `${path}${path.includes('?') ? '&' : '?'}limit=500${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      init,
    );
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return items;
}
