/** `10 s`, `3 min`, `2 h`. */
export function formatStep(stepMs: number): string {
  if (stepMs < 60_000) return `${stepMs / 1_000} s`;
  if (stepMs < 3_600_000) return `${stepMs / 60_000} min`;
  return `${stepMs / 3_600_000} h`;
}
