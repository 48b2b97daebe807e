import type { RouteExternal, RouteInstance } from '#server/routing/route-table.ts';

/** Opens a sealed field value. @param deployment whose it is: `<endpoint>/<deployment>` */
export type OpenHeader = (deployment: string, sealed: string) => string;

/** What requests to one instance have in common, as octets. */
export interface UpstreamTarget {
  /** `Host`, and the fields that an external server is to be sent. */
  readonly lines: Buffer;
  /** Names of those fields in lower case: what a client sends under them is left out. Null for what runs here. */
  readonly ownNames: readonly Buffer[] | null;
  /** A space and the base path; null where there is none. */
  readonly pathPrefix: Buffer | null;
  readonly tlsName: string | null;
  /** Octets of lines and prefix. */
  readonly byteLength: number;
}

/** @throws whatever `open` throws */
export function compileTarget(route: RouteInstance, open: (sealed: string) => string): UpstreamTarget {
  const { external } = route;
  if (external === undefined) {
    const host = route.host.includes(':') ? `[${route.host}]` : route.host;
    return target(`Host: ${host}:${route.port}\r\n`, null, '', null);
  }
  const own = Object.entries(external.headers).map(([name, sealed]) => `${name}: ${open(sealed)}\r\n`);
  const lines = `Host: ${external.authority}\r\n${own.join('')}`;
  return target(lines, ownNames(external), external.basePath, external.tlsName);
}

/** A field that differs by `_` for `-` is the same to many servers. */
function ownNames({ headers }: RouteExternal): Buffer[] {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const alike = names.flatMap((name) => [name, name.replaceAll('-', '_'), name.replaceAll('_', '-')]);
  return [...new Set(alike)].map((name) => Buffer.from(name, 'latin1'));
}

function target(text: string, names: Buffer[] | null, basePath: string, tlsName: string | null): UpstreamTarget {
  const lines = Buffer.from(text, 'latin1');
  const pathPrefix = basePath === '' ? null : Buffer.from(` ${basePath}`, 'latin1');
  return { lines, ownNames: names, pathPrefix, tlsName, byteLength: lines.length + (pathPrefix?.length ?? 0) };
}
