'use client';

import { useRef, useState } from 'react';
import type { ScriptCheckResult } from '#lib/contracts/check.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import type { CodeFile, ScriptForm } from '#lib/deployment-yaml/script-source.ts';
import { ApiProblem, problemOf } from '#lib/queries/api-problem.ts';

export type ScriptProblem = ScriptCheckResult['problems'][number];

/** What is known of the code as it was last checked. */
export type ScriptVerdict =
  | { phase: 'unknown' | 'working' }
  | { phase: 'failed'; problem: Problem }
  | { phase: 'checked'; script: string; problems: ScriptProblem[] };

export interface ScoringCode {
  verdict: ScriptVerdict;
  /** Sends the code unless it was sent already, and has it checked. @returns null where something is wrong; the verdict says what */
  prepare: (form: ScriptForm) => Promise<{ codeId: string } | null>;
}

/** Code that was written here, on its way to the server: sent once per content, and looked at before anything is made of it. */
export function useScoringCode(): ScoringCode {
  const [verdict, setVerdict] = useState<ScriptVerdict>({ phase: 'unknown' });
  const sent = useRef<{ content: string; id: string } | null>(null);

  async function send(files: readonly CodeFile[]): Promise<string> {
    const content = JSON.stringify(files);
    if (sent.current?.content === content) return sent.current.id;
    const { uploadCode } = await import('#lib/queries/scoring.ts');
    const id = await uploadCode(files);
    sent.current = { content, id };
    return id;
  }

  async function prepare({ files, scoringScript }: ScriptForm): Promise<{ codeId: string } | null> {
    setVerdict({ phase: 'working' });
    try {
      const codeId = await send(files);
      const problems = await problemsOf(codeId, scoringScript);
      setVerdict({ phase: 'checked', script: scoringScript, problems });
      return problems.length === 0 ? { codeId } : null;
    } catch (error) {
      // An upload that expired is sent anew with the next attempt.
      sent.current = null;
      setVerdict({ phase: 'failed', problem: problemOf(error) });
      return null;
    }
  }

  return { verdict, prepare };
}

/** A host without Python cannot look at a script, and may deploy it all the same: into a container. */
async function problemsOf(codeId: string, scoringScript: string): Promise<ScriptProblem[]> {
  const { checkScript } = await import('#lib/queries/scoring.ts');
  try {
    return (await checkScript(`upload:${codeId}`, scoringScript)).problems;
  } catch (error) {
    if (error instanceof ApiProblem && error.problem.code === 'deployment.runtime_unavailable') return [];
    throw error;
  }
}
