/** TensorFlow Lite networks as ONNX files. Those in 8 bits become pairs of QuantizeLinear and DequantizeLinear. */
import { malformed, unsupported, within } from './failures.js';
import { NetworkWriter } from './network-writer.js';
import {
  readTflite,
  type TfliteFile,
  type TfliteOperator,
  type TfliteTensor,
} from './tflite-file.js';
import { convertOperator, operatorName } from './tflite-ops.js';
import type { Codes, Value } from './values.js';

/** Least and greatest code. */
const CODES = { int8: [-128, 127], uint8: [0, 255] } as const;

const isCoded = (type: string): type is keyof typeof CODES => type in CODES;

const sameCodes = (a: Codes | undefined, b: Codes | undefined): boolean =>
  a?.scales[0] === b?.scales[0] && a?.zeroPoints[0] === b?.zeroPoints[0];

/** What bytes 0 and 255 are to a network that takes or gives 8-bit codes. */
function rangeOf({ type, codes }: TfliteTensor): string | undefined {
  if (!isCoded(type) || codes === undefined) return undefined;
  const [scale = 1] = codes.scales;
  const [zero = 0] = codes.zeroPoints;
  // As people write them: 255, not 254.99999.
  return CODES[type].map((code) => Number(((code - zero) * scale).toPrecision(6))).join(',');
}

/** Converts the operators of one file, in its order. */
class Conversion {
  readonly #file: TfliteFile;
  readonly #w: NetworkWriter;
  /** By the number of the tensor. */
  readonly #known = new Map<number, Value>();

  constructor(file: TfliteFile) {
    this.#file = file;
    const [input, ...others] = file.inputs;
    if (input === undefined || others.length > 0 || file.outputs.length !== 1) {
      throw malformed(
        `the network has ${file.inputs.length} inputs and ${file.outputs.length} outputs: one picture in and one out are wanted`,
      );
    }
    const picture = this.#tensor(input);
    this.#w = new NetworkWriter(picture.shape);
    this.#known.set(input, this.#rounded(this.#w.picture, picture));
  }

  run(): Uint8Array<ArrayBuffer> {
    const { inputs, outputs, operators } = this.#file;
    for (const [i, operator] of operators.entries()) this.#operator(operator, i);
    const [input, output] = [inputs[0] as number, outputs[0] as number];
    this.#note('tessera.input_range', this.#tensor(input));
    this.#note('tessera.output_range', this.#tensor(output));
    return this.#w.finish(this.#value(output, 'the output'));
  }

  #note(key: string, tensor: TfliteTensor): void {
    const range = rangeOf(tensor);
    if (range !== undefined) this.#w.onnx.metadata(key, range);
  }

  #tensor(number: number): TfliteTensor {
    const tensor = this.#file.tensors[number];
    if (tensor === undefined) throw malformed(`the .tflite file has no tensor ${number}`);
    return tensor;
  }

  #value(number: number, reader: string): Value {
    const value = this.#known.get(number) ?? this.#tensor(number).constant;
    if (value === undefined)
      throw malformed(`${reader} needs tensor ${number}, which nothing makes`);
    return value;
  }

  #operator({ code, custom, inputs, outputs, options }: TfliteOperator, i: number): void {
    const name = custom === '' ? operatorName(code) : custom;
    const what = `operator ${i} (${name})`;
    if (custom !== '') throw unsupported(`${what} is not one of TensorFlow Lite's own`);
    const values = inputs.map((number) => (number < 0 ? undefined : this.#value(number, what)));
    const [first] = outputs;
    if (first === undefined) throw malformed(`${what} makes nothing`);
    const { shape } = this.#tensor(first);
    const use = { w: this.#w, what, inputs: values, options, shape };
    const results = within(what, () => convertOperator(code, use));
    const before = inputs.flatMap((number) => (number < 0 ? [] : [this.#tensor(number)]));
    for (const [j, number] of outputs.entries()) {
      const result = results[j];
      if (result === undefined) throw malformed(`${what} has ${outputs.length} results`);
      const tensor = this.#tensor(number);
      // What only moves codes has nothing to round.
      const moved = MOVERS.has(name) && before.some(({ codes }) => sameCodes(codes, tensor.codes));
      this.#known.set(number, moved ? result : this.#rounded(result, tensor));
    }
  }

  /** The value as its codes can say it. */
  #rounded(value: Value, { type, codes }: TfliteTensor): Value {
    if (value.kind === 'constant' || codes === undefined || !isCoded(type)) return value;
    const [scale, ...others] = codes.scales;
    if (scale === undefined || others.length > 0) return value;
    const zeroPoint = codes.zeroPoints[0] ?? 0;
    const name = this.#w.onnx.quantizeDequantize(value.name, { scale, zeroPoint, type });
    return { ...value, name };
  }
}

const MOVERS = new Set([
  ...['CONCATENATION', 'DEPTH_TO_SPACE', 'SPACE_TO_DEPTH', 'RESHAPE', 'TRANSPOSE', 'SQUEEZE'],
  ...['EXPAND_DIMS', 'SLICE', 'STRIDED_SLICE', 'SPLIT', 'SPLIT_V', 'PACK', 'MAX_POOL_2D', 'RELU'],
  ...['RESIZE_NEAREST_NEIGHBOR', 'MIRROR_PAD', 'PAD'],
]);

/**
 * @returns the bytes of an ONNX file
 * @throws TesseraError `ERR_MODEL_FORMAT`, `ERR_MODEL_OP`; the message names the operator.
 */
export function tfliteToOnnx(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Conversion(readTflite(bytes)).run();
}
