import { z } from 'zod';
import { UNNAMED_UPLOAD, uploadDetailSchema, uploadSchema } from '#lib/contracts/upload.ts';
import { deleteUpload } from '#server/commands/delete-upload.ts';
import { receiveUpload } from '#server/commands/receive-upload.ts';
import type { AnswerMemory } from '#server/commands/remember-answer.ts';
import { authorize } from '#server/identity/authorize.ts';
import type { Uploads } from '#server/models/uploads.ts';
import { getUpload } from '#server/queries/get-upload.ts';
import { API_PREFIX } from '../register-route.ts';
import { type AnyRoute, ANSWERED, defineRoute, type Method } from '../route.ts';

const TAG = 'Uploads';
const idParams = z.object({ id: z.string() });

interface Context {
  uploads: Uploads;
  answers: AnswerMemory;
}

export function uploadRoutes(context: Context): AnyRoute[] {
  return [oneShotRoute(context), ...objectRoutes(context), ...tusRoutes(context)];
}

function oneShotRoute(context: Context): AnyRoute {
  return defineRoute({
    method: 'POST',
    path: '/uploads',
    auth: 'api',
    summary: 'Upload one file or archive as the raw body',
    tag: TAG,
    query: z.strictObject({
      filename: z.string().min(1).max(1024).default(UNNAMED_UPLOAD),
      unpack: z.stringbool('must be "true" or "false"').default(true),
    }),
    idempotent: 'by_handler',
    responses: { 201: uploadSchema },
    handler: async ({ actor, query, once, raw }) => {
      const { filename, unpack } = query;
      const announced = raw.request.headers['content-length'];
      const sizeBytes = announced === undefined ? null : Number(announced);
      const intent = { filename, unpack, sizeBytes };
      const upload = await receiveUpload(context, actor, { intent, body: raw.request.raw, once });
      return { status: 201, body: upload, headers: { location: `${API_PREFIX}/uploads/${upload.id}` } };
    },
  });
}

function objectRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/uploads/{id}',
      auth: 'api',
      summary: 'Read an upload, with detect=true also what was found inside',
      tag: TAG,
      params: idParams,
      query: z.strictObject({ detect: z.stringbool('must be "true" or "false"').default(false) }),
      responses: { 200: uploadDetailSchema },
      handler: async ({ actor, params, query }) => ({
        status: 200,
        body: await getUpload(context, actor, { id: params.id, detect: query.detect }),
      }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/uploads/{id}',
      auth: 'api',
      summary: 'Remove an upload; models made of it keep their files',
      tag: TAG,
      params: idParams,
      responses: { 204: null },
      handler: async ({ actor, params }) => {
        await deleteUpload(context, actor, params.id);
        return { status: 204 };
      },
    }),
  ];
}

const TUS_ROUTES: readonly (readonly [Method, '/uploads/tus' | '/uploads/tus/{id}', string])[] = [
  ['OPTIONS', '/uploads/tus', 'What this tus 1.0 server can do'],
  ['POST', '/uploads/tus', 'Begin a resumable upload (tus 1.0)'],
  ['HEAD', '/uploads/tus/{id}', 'Ask where a resumable upload goes on'],
  ['PATCH', '/uploads/tus/{id}', 'Send the next bytes of a resumable upload'],
  ['DELETE', '/uploads/tus/{id}', 'Give a resumable upload up'],
];

/** The protocol's own headers, statuses and bodies: the handler speaks on the plain connection. */
function tusRoutes({ uploads }: Context): AnyRoute[] {
  return TUS_ROUTES.map(([method, path, summary]) =>
    defineRoute({
      method,
      path,
      auth: 'api',
      summary,
      tag: TAG,
      ...(path.endsWith('{id}') && { params: idParams }),
      responses: { [method === 'POST' ? 201 : method === 'HEAD' ? 200 : 204]: null },
      handler: async ({ actor, requestId, raw }) => {
        authorize(actor, 'upload.write', '/uploads');
        raw.reply.hijack();
        for (const [name, value] of Object.entries(raw.reply.getHeaders())) {
          if (value !== undefined) raw.reply.raw.setHeader(name, value);
        }
        await uploads.tusHandler(raw.request.raw, raw.reply.raw, requestId);
        return ANSWERED;
      },
    }),
  );
}
