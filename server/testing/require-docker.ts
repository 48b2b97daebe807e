import { existsSync } from 'node:fs';
import { dockerSocketFrom } from '#server/environments/host-capabilities.ts';

const socket = dockerSocketFrom(process.env['DOCKER_HOST']);

/** Of the engine that tests use. */
export const DOCKER_HOST = `unix://${socket}`;

/** Tests that need an engine are left out where there is none, unless VIRIDIAN_REQUIRE names docker: then they fail. */
export const hasDocker = existsSync(socket) || (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('docker');
