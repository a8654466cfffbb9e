/** The weights of TensorFlow.js models: a list of what they are, and files ("shards") with their bytes. */
import type { WeightSpec } from '../types.js';
import { malformed, unsupported } from './failures.js';
import { fromHalf } from './half.js';
import { type Constant, constant, countOf } from './values.js';

const BYTES = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;
type StoredType = keyof typeof BYTES;

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** @throws TesseraError when the entry is not as the format has it. */
function checkSpec(spec: WeightSpec): void {
  if (typeof spec?.name !== 'string' || !Array.isArray(spec.shape) || !spec.shape.every(isCount)) {
    throw malformed('the list of weights in model.json has an entry without a name or a shape');
  }
}

/** In which type the numbers lie in the file. */
function storedType({ name, dtype, quantization }: WeightSpec): StoredType {
  const type = String(quantization?.dtype ?? dtype);
  if (Object.hasOwn(BYTES, type)) return type as StoredType;
  throw unsupported(`weight ${name} is of type ${type}`);
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** The numbers as they lie in the file. Those of more than one byte may lie at any place. */
function stored(type: StoredType, bytes: Uint8Array): Float32Array | Int32Array {
  const count = bytes.length / BYTES[type];
  // A copy begins at a multiple of four; `slice` of Node's Buffer makes none.
  if (type === 'float32') return new Float32Array(new Uint8Array(bytes).buffer);
  if (type === 'int32') return new Int32Array(new Uint8Array(bytes).buffer);
  if (type === 'uint8' || type === 'bool') return Float32Array.from(bytes);
  const view = viewOf(bytes);
  const read = type === 'float16' ? fromHalf : (bits: number) => bits;
  return Float32Array.from({ length: count }, (_, i) => read(view.getUint16(2 * i, true)));
}

function scaled(spec: WeightSpec, codes: Float32Array | Int32Array): Float32Array | Int32Array {
  const { scale, min } = spec.quantization ?? {};
  if (typeof scale !== 'number' || typeof min !== 'number' || !Number.isFinite(scale * min)) {
    throw malformed(`weight ${spec.name} was quantized, but its scale and min are no numbers`);
  }
  const values = codes.map((code) => code * scale + min);
  return spec.dtype === 'int32' ? Int32Array.from(values, Math.round) : values;
}

function readWeight(spec: WeightSpec, type: StoredType, bytes: Uint8Array): Constant {
  const plain = stored(type, bytes);
  const rounded = spec.quantization !== undefined && type !== 'float16';
  const values = rounded ? scaled(spec, plain) : plain;
  return constant(spec.shape, values, { integer: spec.dtype === 'int32' });
}

/**
 * Reads the tensors that lie one after the other in `bytes`.
 *
 * @throws TesseraError `ERR_MODEL_FORMAT` where bytes are missing or the list is wrong, `ERR_MODEL_OP` for types that
 * networks of numbers have no use for.
 */
export function readWeights(specs: readonly WeightSpec[], bytes: Uint8Array): [string, Constant][] {
  let offset = 0;
  return specs.map((spec) => {
    checkSpec(spec);
    const type = storedType(spec);
    const end = offset + countOf(spec.shape) * BYTES[type];
    // Before anything is made of that size.
    if (!(end <= bytes.length)) {
      throw malformed(
        `the files of weights hold ${bytes.length} bytes and end before ${spec.name} does (${end}): ` +
          'one of them is missing or cut off; give model.json with all files that it names',
      );
    }
    const read = readWeight(spec, type, bytes.subarray(offset, end));
    offset = end;
    return [spec.name, read];
  });
}

/** Bytes one after the other. */
export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
