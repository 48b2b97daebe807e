import { tlsSchema } from '#lib/contracts/tls.ts';
import { getLocalCaCertificate, getTls, type TlsContext } from '#server/queries/get-tls.ts';
import { type AnyRoute, ANSWERED, defineRoute } from '../route.ts';

export function tlsRoutes(context: TlsContext): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/tls',
      auth: 'api',
      summary: 'What the gateway serves TLS with',
      tag: 'Installation',
      responses: { 200: tlsSchema },
      handler: async ({ actor }) => ({ status: 200, body: await getTls(context, actor) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/tls/ca-certificate',
      auth: 'api',
      summary: 'Download the certificate of the local CA, PEM',
      tag: 'Installation',
      responses: { 200: null },
      handler: async ({ actor, raw }) => {
        const { pem } = await getLocalCaCertificate(context, actor);
        raw.reply.header('content-type', 'application/x-pem-file');
        raw.reply.header('content-disposition', 'attachment; filename="viridian-ca.crt"');
        raw.reply.send(pem);
        return ANSWERED;
      },
    }),
  ];
}
