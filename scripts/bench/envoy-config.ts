/** What Envoy is to do. */
export interface EnvoyWork {
  port: number;
  /** Asked of every request as a bearer token. */
  key: string;
  /** Ports of an endpoint's one deployment, or of the two that share its traffic 90/10. */
  endpoints: Readonly<Record<string, readonly number[]>>;
}

const SHARES = [90, 10];

/** More than any case has at a time: Envoy refuses what is above, 1,024 by default. */
const LIMIT = 20_000;

/**
 * Envoy's static configuration for the work that all compared gateways do: endpoints by the first segment of the path, a key, a split. It keeps no
 * statistics of requests and adds no headers of its own, which it would by default and which cost it time.
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/bootstrap/v3/bootstrap.proto
 */
export function envoyConfig(work: EnvoyWork): object {
  return {
    stats_config: { stats_matcher: { reject_all: true } },
    static_resources: {
      listeners: [
        {
          name: 'front',
          address: address(work.port),
          tcp_backlog_size: 4096,
          filter_chains: [{ filters: [connectionManager(work)] }],
        },
      ],
      clusters: Object.entries(work.endpoints).flatMap(([name, ports]) =>
        ports.map((port, index) => cluster(clusterName(name, index), port)),
      ),
    },
  };
}

function connectionManager({ key, endpoints }: EnvoyWork): object {
  const routes = Object.entries(endpoints).flatMap(([name, ports]) => routesOf(name, ports.length, key));
  return typed('envoy.filters.network.http_connection_manager', {
    '@type': extension('filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'front',
    codec_type: 'HTTP1',
    generate_request_id: true,
    always_set_request_id_in_response: true,
    use_remote_address: true,
    upgrade_configs: [{ upgrade_type: 'websocket' }],
    route_config: {
      request_headers_to_add: [{ header: { key: 'x-forwarded-host', value: '%REQ(:authority)%' } }],
      request_headers_to_remove: ['authorization'],
      virtual_hosts: [{ name: 'all', domains: ['*'], routes }],
    },
    http_filters: [
      typed('envoy.filters.http.router', {
        '@type': extension('filters.http.router.v3.Router'),
        suppress_envoy_headers: true,
      }),
    ],
  });
}

/** One for those who have the key, and one for those who have not. */
function routesOf(name: string, deployments: number, key: string): object[] {
  const prefix = `/${name}/`;
  const withKey = { name: 'authorization', string_match: { exact: `Bearer ${key}` } };
  const clusters = SHARES.slice(0, deployments).map((weight, index) => ({ name: clusterName(name, index), weight }));
  return [
    {
      match: { prefix, headers: [withKey] },
      route: { prefix_rewrite: '/', timeout: '0s', weighted_clusters: { clusters } },
    },
    { match: { prefix }, direct_response: { status: 401 } },
  ];
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

function clusterName(endpoint: string, deployment: number): string {
  return `${endpoint}-${deployment}`;
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
