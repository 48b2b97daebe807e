import { ENDPOINTS, type EndpointName, type Models } from './gateway-models.ts';
import { KEY } from './gateway-table.ts';

/** More than any case has at a time: Envoy refuses what is above, 1,024 by default. */
const LIMIT = 20_000;

/**
 * Envoy's static configuration for the work that all gateways of the bench do. It keeps no statistics of requests and adds no headers of its own, which
 * it would by default and which cost it time.
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/bootstrap/v3/bootstrap.proto
 */
export function envoyConfig(port: number, models: Models): object {
  return {
    stats_config: { stats_matcher: { reject_all: true } },
    static_resources: {
      listeners: [
        {
          name: 'front',
          address: address(port),
          tcp_backlog_size: 4096,
          filter_chains: [{ filters: [connectionManager()] }],
        },
      ],
      clusters: ENDPOINTS.flatMap((name) =>
        models.ports[name].map((modelPort, index) => cluster(clusterNames(name)[index] as string, modelPort)),
      ),
    },
  };
}

function connectionManager(): object {
  return typed('envoy.filters.network.http_connection_manager', {
    '@type': extension('filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'front',
    codec_type: 'HTTP1',
    generate_request_id: true,
    always_set_request_id_in_response: true,
    use_remote_address: true,
    route_config: {
      request_headers_to_add: [{ header: { key: 'x-forwarded-host', value: '%REQ(:authority)%' } }],
      request_headers_to_remove: ['authorization'],
      virtual_hosts: [{ name: 'all', domains: ['*'], routes: [...ENDPOINTS.map(route), refusal()] }],
    },
    http_filters: [
      typed('envoy.filters.http.router', {
        '@type': extension('filters.http.router.v3.Router'),
        suppress_envoy_headers: true,
      }),
    ],
  });
}

function route(name: EndpointName): object {
  const [blue, green] = clusterNames(name);
  const withKey = { name: 'authorization', string_match: { exact: `Bearer ${KEY}` } };
  return {
    match: { prefix: `/${name}/`, headers: [withKey] },
    route: {
      prefix_rewrite: '/',
      timeout: '0s',
      weighted_clusters: {
        clusters: [
          { name: blue, weight: 90 },
          { name: green, weight: 10 },
        ],
      },
    },
  };
}

function refusal(): object {
  return { match: { prefix: '/' }, direct_response: { status: 401 } };
}

function cluster(name: string, port: number): object {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '2s',
    circuit_breakers: {
      thresholds: [{ max_connections: LIMIT, max_pending_requests: LIMIT, max_requests: LIMIT }],
    },
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
    },
  };
}

function clusterNames(name: EndpointName): readonly [string, string] {
  return [`${name}-blue`, `${name}-green`];
}

function address(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}

function typed(name: string, config: object): object {
  return { name, typed_config: config };
}

function extension(name: string): string {
  return `type.googleapis.com/envoy.extensions.${name}`;
}
