import { passThrough } from '#server/studio/pass-through.ts';
import { readSession } from '#server/studio/session.ts';

export const dynamic = 'force-dynamic';

function handle(request: Request): Promise<Response> {
  return passThrough(request, readSession);
}

export {
  handle as DELETE,
  handle as GET,
  handle as HEAD,
  handle as OPTIONS,
  handle as PATCH,
  handle as POST,
  handle as PUT,
};
