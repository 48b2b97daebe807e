import type { ByteSource } from './byte-source.ts';
import { bytesField, concatBytes, payloadExtent, readVarint, WIRE_BYTES, WireFormatError } from './protobuf-wire.ts';

/**
 * Field numbers of the ONNX messages that are read (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3). `children` are nested
 * messages to look into; `keep`, where given, are the only other fields worth having.
 */
interface MessageLayout {
  children: Readonly<Record<number, string>>;
  keep?: ReadonlySet<number>;
}

const LAYOUTS: Readonly<Record<string, MessageLayout>> = {
  Model: { children: { 7: 'Graph', 14: 'Entry', 25: 'Function' } },
  Graph: { children: { 1: 'Node', 5: 'Tensor', 15: 'SparseTensor' } },
  Function: { children: { 7: 'Node' } },
  Node: { children: { 5: 'Attribute' } },
  Attribute: {
    children: { 5: 'Tensor', 6: 'Graph', 10: 'Tensor', 11: 'Graph', 22: 'SparseTensor', 23: 'SparseTensor' },
  },
  SparseTensor: { children: { 1: 'Tensor', 2: 'Tensor' } },
  // Only where the weights lie and what they are called: the weights themselves are fields 4, 5, 6, 7, 9, 10 and 11.
  Tensor: { children: {}, keep: new Set([1, 2, 8, 13, 14]) },
  Entry: { children: {} },
};

/** Larger leaf fields are weights, documentation or embedded data, which a description of the model does without. */
const MAX_LEAF_BYTES = 4096;
/** Metadata values are worth showing up to here. */
const MAX_METADATA_BYTES = 64 * 1024;
/** How much is read at once: in sequence, and after a jump. */
const WINDOW_BYTES = 64 * 1024;
const JUMP_WINDOW_BYTES = 2048;
const MAX_TAG_AND_LENGTH_BYTES = 20;
/** Subgraphs of control flow nest; nothing real comes near this. */
const MAX_DEPTH = 64;

/** What is kept of the largest known models is a tenth of this. */
const MAX_SKELETON_BYTES = 256 * 1024 * 1024;

/**
 * The same ModelProto without its weights, so that a model of several GB is described from a few kB. Reads only what it keeps, by
 * jumping over the rest.
 * @throws WireFormatError when the source holds no protocol buffers message
 */
export async function readOnnxSkeleton(source: ByteSource): Promise<Uint8Array> {
  const walk = new SkeletonWalk(source);
  return walk.message('Model', 0, source.sizeBytes, 0);
}

class SkeletonWalk {
  readonly #source: ByteSource;
  #window: Uint8Array = new Uint8Array(0);
  #windowStart = 0;
  #keptBytes = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  async message(kind: string, start: number, end: number, depth: number): Promise<Uint8Array> {
    if (depth > MAX_DEPTH) throw new WireFormatError('messages nest too deep');
    const layout = LAYOUTS[kind] as MessageLayout;
    const parts: Uint8Array[] = [];
    let position = start;
    while (position < end) {
      if (!this.#covers(position, Math.min(MAX_TAG_AND_LENGTH_BYTES, end - position))) await this.#load(position);
      const field = this.#fieldAt(position, end);
      const kept = await this.#keep(kind, layout, field, position, depth);
      if (kept !== null) parts.push(kept);
      position = field.end;
    }
    return concatBytes(parts);
  }

  async #keep(
    kind: string,
    layout: MessageLayout,
    field: FieldExtent,
    position: number,
    depth: number,
  ): Promise<Uint8Array | null> {
    const child = field.wireType === WIRE_BYTES ? layout.children[field.number] : undefined;
    if (child !== undefined) {
      return bytesField(field.number, await this.message(child, field.start, field.end, depth + 1));
    }
    if (layout.keep !== undefined && !layout.keep.has(field.number)) return null;
    const limit = kind === 'Entry' ? MAX_METADATA_BYTES : MAX_LEAF_BYTES;
    if (field.end - field.start > limit) return null;
    return this.#bytes(position, field.end - position);
  }

  #fieldAt(position: number, messageEnd: number): FieldExtent {
    const offset = position - this.#windowStart;
    const tag = readVarint(this.#window, offset);
    const number = Number(tag.value >> 3n);
    const wireType = Number(tag.value & 7n);
    if (number === 0) throw new WireFormatError('a field has number 0');
    const extent = payloadExtent(this.#window, tag.next, wireType);
    const end = this.#windowStart + extent.end;
    if (end > messageEnd) throw new WireFormatError(`field ${number} reaches beyond its message`);
    return { number, wireType, start: this.#windowStart + extent.start, end };
  }

  async #bytes(position: number, length: number): Promise<Uint8Array> {
    this.#keptBytes += length;
    if (this.#keptBytes > MAX_SKELETON_BYTES) throw new WireFormatError('the graph is larger than any real model');
    if (!this.#covers(position, length)) await this.#load(position, length);
    const offset = position - this.#windowStart;
    return this.#window.slice(offset, offset + length);
  }

  #covers(position: number, length: number): boolean {
    return position >= this.#windowStart && position + length <= this.#windowStart + this.#window.length;
  }

  async #load(position: number, length = 0): Promise<void> {
    // After a jump over weights only the next header is wanted; in a run of nodes much more is.
    const jumped = position > this.#windowStart + this.#window.length;
    this.#window = await this.#source.read(position, Math.max(length, jumped ? JUMP_WINDOW_BYTES : WINDOW_BYTES));
    this.#windowStart = position;
  }
}

interface FieldExtent {
  number: number;
  wireType: number;
  /** Absolute positions of the payload. */
  start: number;
  end: number;
}
