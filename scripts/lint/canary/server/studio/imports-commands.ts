export { createEndpoint } from '#server/commands/put-endpoint.ts';
