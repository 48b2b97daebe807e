import type { ByteSource } from './byte-source.ts';
import { OnnxFormatError, type OnnxModel, parseOnnxModel } from './onnx-model.ts';
import { readOnnxSkeleton } from './onnx-skeleton.ts';
import { WireFormatError } from './protobuf-wire.ts';

/** Describes the model behind a source. @throws OnnxFormatError when it is none */
export async function readOnnxModel(source: ByteSource): Promise<OnnxModel> {
  try {
    return parseOnnxModel(await readOnnxSkeleton(source));
  } catch (cause) {
    if (cause instanceof WireFormatError) throw new OnnxFormatError(`not an ONNX file: ${cause.message}`, { cause });
    throw cause;
  }
}
