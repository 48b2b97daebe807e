import type { BuildPart } from '#server/domain/environment-build.ts';
import type { EngineEvent } from './engine.ts';

/** Fetching is slower than unpacking nearly everywhere, so it counts for more. */
const DOWNLOAD_SHARE = 0.75;
const LOG_EVERY = 0.1;

interface Layer {
  /** Bytes of the layer; null until the engine says. */
  total: number | null;
  downloaded: number;
  extracted: number;
  done: boolean;
  present: boolean;
}

export interface PullStep {
  /** 0 to 1; never goes back. */
  progress: number;
  /** What a person wants to read of it; mostly nothing. */
  lines: string[];
  /** In the order of the image. */
  layers: BuildPart[];
}

/**
 * Sums up the events of a pull, which come by the thousand: one number, and a line for the start, for each tenth, and for the end. The layer
 * that the engine has not measured yet counts as one of middle size.
 */
export function createPullProgress(): { add(event: EngineEvent): PullStep } {
  const layers = new Map<string, Layer>();
  let shown = 0;
  let logged = 0;

  function add(event: EngineEvent): PullStep {
    const status = typeof event['status'] === 'string' ? event['status'] : '';
    const id = typeof event['id'] === 'string' ? event['id'] : null;
    const lines = id === null || !/^[0-9a-f]{12}$/.test(id) ? describeWhole(status, id) : addLayer(id, status, event);
    shown = Math.max(shown, fractionOf([...layers.values()]));
    if (shown >= logged + LOG_EVERY) {
      logged = Math.floor(shown / LOG_EVERY) * LOG_EVERY;
      lines.push(describeLayers([...layers.values()], shown));
    }
    return { progress: shown, lines, layers: [...layers].map(describeLayer) };
  }

  function addLayer(id: string, status: string, event: EngineEvent): string[] {
    const layer = layers.get(id) ?? { total: null, downloaded: 0, extracted: 0, done: false, present: false };
    layers.set(id, layer);
    const { current, total } = (event['progressDetail'] ?? {}) as { current?: number; total?: number };
    if (status === 'Downloading') {
      layer.total = total ?? layer.total;
      layer.downloaded = current ?? layer.downloaded;
    } else if (status === 'Verifying Checksum' || status === 'Download complete') {
      layer.downloaded = layer.total ?? layer.downloaded;
    } else if (status === 'Extracting') {
      layer.downloaded = layer.total ?? layer.downloaded;
      layer.extracted = total === undefined || total === 0 ? layer.extracted : (current ?? 0) / total;
    } else if (status === 'Pull complete' || status === 'Already exists') {
      layer.done = true;
      layer.present = status === 'Already exists';
      return layer.present ? [`Layer ${id} is already here.`] : [];
    }
    return [];
  }

  return { add };
}

function describeLayer([name, layer]: [string, Layer]): BuildPart {
  const bytes = layer.done ? (layer.total ?? layer.downloaded) : layer.downloaded;
  return { kind: 'layer', name, state: stateOf(layer), bytes, totalBytes: layer.total };
}

function stateOf({ present, done, extracted, downloaded, total }: Layer): BuildPart['state'] {
  if (present) return 'cached';
  if (done) return 'done';
  if (extracted > 0 || (total !== null && downloaded >= total)) return 'unpacking';
  return downloaded > 0 ? 'fetching' : 'waiting';
}

/** Events without a layer: where the image comes from, its digest, and what became of it. */
function describeWhole(status: string, id: string | null): string[] {
  if (/^(?:Digest|Status): /.test(status)) return [status];
  return status.startsWith('Pulling from ') ? [`${status}${id === null ? '' : `, ${id}`}`] : [];
}

function fractionOf(layers: readonly Layer[]): number {
  const sizes = layers.filter(({ present }) => !present).flatMap(({ total }) => total ?? []);
  const middle = sizes.length === 0 ? 1 : sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  let whole = 0;
  let done = 0;
  for (const layer of layers) {
    if (layer.present) continue;
    const size = Math.max(1, layer.total ?? middle);
    // Only the engine's word ends a layer, however many of its bytes are unpacked.
    const unpacked = Math.min(0.95, layer.extracted);
    const fetched = layer.total === null ? 0 : Math.min(1, layer.downloaded / Math.max(1, layer.total));
    whole += size;
    done += size * (layer.done ? 1 : DOWNLOAD_SHARE * fetched + (1 - DOWNLOAD_SHARE) * unpacked);
  }
  return whole === 0 ? 0 : done / whole;
}

function describeLayers(layers: readonly Layer[], fraction: number): string {
  const bytes = layers.reduce((sum, { downloaded }) => sum + downloaded, 0);
  const total = layers.reduce((sum, layer) => sum + (layer.total ?? 0), 0);
  const ready = layers.filter(({ done }) => done).length;
  const percent = Math.round(fraction * 100);
  return `${percent} %: ${megabytes(bytes)} of ${megabytes(total)} fetched, ${ready} of ${layers.length} layers ready`;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
