import { z } from 'zod';
import { problemSchema } from '#lib/contracts/problem.ts';
import { API_PREFIX } from './register-route.ts';
import { type AnyRoute, isBodyOptional } from './route.ts';

type Json = Record<string, unknown>;

/** OpenAPI 3.1 of the declared routes: the same schemas that parse requests and check answers. */
export function createOpenApiDocument(routes: readonly AnyRoute[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes.filter(({ auth }) => auth !== 'studio')) {
    const methods = (paths[route.path] ??= {});
    methods[route.method.toLowerCase()] = describeOperation(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Viridian', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: API_PREFIX }],
    security: [{ api_key: [] }],
    paths,
    components: {
      securitySchemes: { api_key: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: toSchema(problemSchema, 'output') },
      responses: {
        Problem: {
          description: 'What went wrong and what to do about it',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

function describeOperation(route: AnyRoute): Json {
  return {
    operationId: operationIdOf(route),
    summary: route.summary,
    tags: [route.tag],
    parameters: [
      ...describeParameters(route.params, 'path'),
      ...describeParameters(route.query, 'query'),
      ...describeHeaders(route),
    ],
    ...(route.body !== undefined && {
      requestBody: {
        required: !isBodyOptional(route),
        content: { [bodyTypeOf(route)]: { schema: toSchema(route.body, 'input') } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.responses).map(([status, schema]) => [status, describeAnswer(status, schema)]),
      ),
      default: { $ref: '#/components/responses/Problem' },
    },
    ...(route.auth === 'public' && { security: [] }),
  };
}

function bodyTypeOf(route: AnyRoute): string {
  return route.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
}

function describeParameters(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = toSchema(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}

function describeHeaders(route: AnyRoute): Json[] {
  const header = (name: string, description: string): Json => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  });
  const headers: Json[] = [];
  if (['PUT', 'PATCH', 'DELETE'].includes(route.method))
    headers.push(header('If-Match', 'Refuses the write when the revision is another one'));
  if (route.method === 'PUT') headers.push(header('If-None-Match', '`*` only creates'));
  if (route.idempotent) headers.push(header('Idempotency-Key', 'The same key within 24 hours gives the same answer'));
  return headers;
}

const STATUS_WORDS: Record<string, string> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted: the work goes on and `Location` names its operation',
  204: 'Done, nothing to answer',
};

function describeAnswer(status: string, schema: z.ZodType | null): Json {
  const description = STATUS_WORDS[status] ?? 'Answer';
  return schema === null
    ? { description }
    : { description, content: { 'application/json': { schema: toSchema(schema, 'output') } } };
}

function operationIdOf(route: AnyRoute): string {
  const words = route.path
    .split('/')
    .filter(Boolean)
    .map((part) => part.replaceAll(/[{}]/g, '').replaceAll(/[^a-zA-Z0-9]+/g, '_'));
  return [route.method.toLowerCase(), ...words].join('_');
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' });
  return rest;
}
