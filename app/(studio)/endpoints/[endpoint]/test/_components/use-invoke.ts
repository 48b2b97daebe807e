'use client';

import { useState } from 'react';
import type { InvokeResponse } from '#lib/contracts/endpoint.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { invokeEndpoint } from '../actions.ts';

export interface TestAnswer {
  /** Of the round of sending, so that two answers of one round belong together. */
  id: number;
  /** Deployment that was asked by name; null where the split chose. */
  asked: string | null;
  response: InvokeResponse;
}

export interface TestRequest {
  /** Below the endpoint. */
  path: string;
  body: unknown;
}

/** Sends one body to one or two targets at once and keeps what came back. */
export function useInvoke(endpoint: string) {
  const [answers, setAnswers] = useState<readonly TestAnswer[]>([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function send({ path, body }: TestRequest, targets: readonly (string | null)[]): Promise<void> {
    setBusy(true);
    setProblem(null);
    const id = performance.now();
    const results = await Promise.all(
      targets.map(async (asked) => ({
        asked,
        result: await invokeEndpoint(endpoint, {
          path,
          method: 'POST',
          body,
          ...(asked !== null && { deployment: asked }),
        }),
      })),
    );
    setBusy(false);
    const failed = results.find(({ result }) => !result.ok)?.result;
    if (failed && !failed.ok) setProblem(failed.problem);
    setAnswers(results.flatMap(({ asked, result }) => (result.ok ? [{ id, asked, response: result.data }] : [])));
  }

  return { answers, send, busy, problem };
}
