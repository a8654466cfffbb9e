/** What a Keras layer says of itself, checked. */

import type { Window } from './convolution.js';
import { malformed, unsupported } from './failures.js';
import type { Layer } from './layers-model.js';

/** Reads the config of one layer. */
export class LayerSettings {
  readonly #config: Readonly<Record<string, unknown>>;
  /** Such as "layer conv_1 (Conv2D)". */
  readonly what: string;

  constructor({ kind, name, config }: Layer) {
    this.#config = config;
    this.what = `layer ${name} (${kind})`;
  }

  get(name: string): unknown {
    return this.#config[name] ?? undefined;
  }

  number(name: string, otherwise?: number): number {
    const value = this.get(name) ?? otherwise;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw malformed(`${this.what} has ${name} ${JSON.stringify(value)}, not a number`);
  }

  text(name: string, otherwise: string): string {
    const value = this.get(name) ?? otherwise;
    if (typeof value === 'string') return value;
    throw malformed(`${this.what} has ${name} ${JSON.stringify(value)}, not a word`);
  }

  /** The name of an activation, which is an object with a class name where it is a custom one. */
  activation(otherwise = 'linear'): string {
    const value = this.get('activation');
    return typeof value === 'object' && value !== null && 'class_name' in value
      ? String(value.class_name)
      : this.text('activation', otherwise);
  }

  flag(name: string, otherwise: boolean): boolean {
    return (this.get(name) ?? otherwise) === true;
  }

  /** Whole numbers; a single one stands for itself twice. */
  pair(name: string, otherwise: number): [number, number] {
    const value = this.get(name) ?? otherwise;
    const [first, second] = Array.isArray(value) ? value : [value, value];
    if (Number.isInteger(first) && Number.isInteger(second) && first > 0 && second > 0) {
      return [first, second];
    }
    throw malformed(`${this.what} has ${name} ${JSON.stringify(value)}, not two whole numbers`);
  }

  list(name: string): number[] {
    const value = this.get(name);
    if (Array.isArray(value) && value.every(Number.isInteger)) return value;
    throw malformed(`${this.what} has ${name} ${JSON.stringify(value)}, not whole numbers`);
  }

  /** Numbers before and after rows, and before and after columns. */
  margins(name: string): [[number, number], [number, number]] {
    const value = this.get(name);
    const pairs = (Array.isArray(value) ? value : [value, value]).map((each) =>
      Array.isArray(each) ? each : [each, each],
    );
    const [down, across] = pairs as [number[], number[]];
    if (
      pairs.length === 2 &&
      pairs.every((pair) => pair.length === 2 && pair.every(Number.isInteger))
    ) {
      return [down as [number, number], across as [number, number]];
    }
    throw malformed(`${this.what} has ${name} ${JSON.stringify(value)}, not two pairs`);
  }

  /** @throws TesseraError `ERR_MODEL_OP` for pictures with their channels first. */
  checkChannelsLast(): void {
    const format = this.get('data_format');
    if (format === undefined || format === 'channels_last') return;
    throw unsupported(`${this.what} has data_format ${JSON.stringify(format)}`);
  }

  padding(): 'same' | 'valid' {
    const padding = this.text('padding', 'valid');
    if (padding === 'same' || padding === 'valid') return padding;
    throw unsupported(`${this.what} has padding '${padding}'`);
  }

  window(strides = 'strides', otherwise = 1): Window {
    return {
      strides: this.pair(strides, otherwise),
      dilations: this.pair('dilation_rate', 1),
      padding: this.padding(),
    };
  }
}
