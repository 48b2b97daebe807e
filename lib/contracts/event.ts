import { z } from 'zod';

/**
 * Data of a Server-Sent Event on `/events`. The event's name is `change`; its id is the change feed's position, which resumes the stream
 * through `Last-Event-ID`. `reset` is sent instead when the position is too old: the reader fetches afresh.
 */
export const changeEventSchema = z.object({
  /** `/endpoints/iris`, `/endpoints/iris/deployments/blue`, `/operations/<id>`, `/models/iris`, `/instance-types/cpu-1`, … */
  resource: z.string(),
  kind: z.enum(['created', 'updated', 'deleted', 'status']),
  revision: z.number().int().nullable(),
  at: z.string(),
});

export type ChangeEvent = z.infer<typeof changeEventSchema>;
