import type { RunReport } from './execution/batch-queue.ts';

/** Upper bounds of the run time histogram, in seconds. */
const BOUNDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];

/** Counters of one instance, in the text format of Prometheus. */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #buckets = Array.from({ length: BOUNDS.length + 1 }, () => 0);
  #runs = 0;
  #runSeconds = 0;
  #rows = 0;
  #runRequests = 0;

  countRequest(route: string, status: number): void {
    const key = `route="${route}",status="${status}"`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
  }

  countRun(report: RunReport): void {
    const seconds = report.runMs / 1000;
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    const index = bucket < 0 ? BOUNDS.length : bucket;
    this.#buckets[index] = (this.#buckets[index] as number) + 1;
    this.#runs += 1;
    this.#runSeconds += seconds;
    this.#rows += report.rows;
    this.#runRequests += report.requests;
  }

  /** The page of now, given the requests that wait and those whose run is under way. */
  format(now: { queued: number; running: number }): string {
    const lines = ['# TYPE viridian_onnx_requests_total counter'];
    for (const [labels, count] of this.#requests) lines.push(`viridian_onnx_requests_total{${labels}} ${count}`);
    lines.push('# TYPE viridian_onnx_run_seconds histogram');
    let below = 0;
    for (const [index, bound] of [...BOUNDS, '+Inf'].entries()) {
      below += this.#buckets[index] as number;
      lines.push(`viridian_onnx_run_seconds_bucket{le="${bound}"} ${below}`);
    }
    lines.push(
      `viridian_onnx_run_seconds_sum ${this.#runSeconds}`,
      `viridian_onnx_run_seconds_count ${this.#runs}`,
      '# TYPE viridian_onnx_run_requests_total counter',
      `viridian_onnx_run_requests_total ${this.#runRequests}`,
      '# TYPE viridian_onnx_rows_total counter',
      `viridian_onnx_rows_total ${this.#rows}`,
      '# TYPE viridian_onnx_queued_requests gauge',
      `viridian_onnx_queued_requests ${now.queued}`,
      '# TYPE viridian_onnx_running_requests gauge',
      `viridian_onnx_running_requests ${now.running}`,
    );
    return `${lines.join('\n')}\n`;
  }
}
