// Writes small ONNX files for the tests, so that no binary fixture has to be trusted or kept: with the
// converter's own builder, in the forms in which exporters leave constants and names.

import {
  OnnxBuilder as BasicBuilder,
  type BuilderOptions as BasicOptions,
  type StoredTensor,
  type TensorData,
} from '../../../web/src/convert/onnx-builder.ts';
import type { OnnxTensor } from '../../../web/src/convert/onnx-file.ts';

export * from '../../../web/src/convert/onnx-builder.ts';
export {
  AttributeType,
  decodeOnnx,
  ElementType,
  encodeOnnx,
} from '../../../web/src/convert/onnx-file.ts';

/**
 * How a file carries its constants: as initializers, as Constant nodes, or as initializers that are
 * listed as inputs too, as everybody had to before version 4 of the format.
 */
export type ConstantForm = 'initializer' | 'node' | 'input';

export interface BuilderOptions extends BasicOptions {
  constants?: ConstantForm;
  /** Whether nodes have names. */
  named?: boolean;
  /** The name of a second file, which holds the initializers. */
  external?: string | undefined;
}

/** Small tensors stay in the model, as exporters leave them there. */
const LEAST_EXTERNAL = 64;
/** Where tensors begin in the second file. */
const EXTERNAL_ALIGNMENT = 64;

/** Builds one network, node by node. */
export class OnnxBuilder extends BasicBuilder {
  readonly #constants: ConstantForm;
  readonly #named: boolean;
  readonly #external: string | undefined;
  #externalBytes = new Uint8Array();

  constructor({ constants = 'initializer', named = true, external, ...rest }: BuilderOptions = {}) {
    super(rest);
    this.#constants = constants;
    this.#named = named;
    this.#external = external;
  }

  /** What the second file holds. */
  get externalBytes(): Uint8Array {
    return this.#externalBytes;
  }

  protected override get irVersion(): number {
    return this.#constants === 'input' ? 3 : super.irVersion;
  }

  protected override nodeName(op: string, output: string): string | undefined {
    return this.#named ? super.nodeName(op, output) : undefined;
  }

  /** The tensor, or where it lies in the second file. */
  protected override store({ raw_data, ...tensor }: Required<StoredTensor>): OnnxTensor {
    if (this.#external === undefined || raw_data.length < LEAST_EXTERNAL) {
      return { ...tensor, raw_data };
    }
    const used = this.#externalBytes.length;
    const offset = Math.ceil(used / EXTERNAL_ALIGNMENT) * EXTERNAL_ALIGNMENT;
    const grown = new Uint8Array(offset + raw_data.length);
    grown.set(this.#externalBytes);
    grown.set(raw_data, offset);
    this.#externalBytes = grown;
    const place = { location: this.#external, offset, length: raw_data.length };
    const external_data = Object.entries(place).map(([key, value]) => ({ key, value: `${value}` }));
    return { ...tensor, external_data, data_location: 1 };
  }

  override constant(data: TensorData): string {
    if (this.#constants === 'node') return this.node('Constant', [], { value: data });
    const name = super.constant(data);
    if (this.#constants === 'input') this.inputs.push({ name, ...data });
    return name;
  }
}
