// Puts a network where pages can load it, in the form that each peer reads, and computes what the
// result should be.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import {
  type BenchmarkNetworkName,
  benchmarkNetwork,
} from '../../../tests/web/support/benchmark-networks.ts';
import {
  type FloatImage,
  runAllOutputs,
  runReference,
} from '../../../tests/web/support/onnxruntime.ts';
import { fromNchw, makePicture, toNchw } from '../page/picture.mjs';
import { hasPrelu, leaky, liftNetwork, type Network } from './layers.ts';
import { readOnnx, withLeakyRelu, withOutputs } from './onnx-file.ts';
import { writeTfjs } from './tfjs.ts';
import { type Ranges, type TfliteKind, writeTflite } from './tflite.ts';

/** Which weights a subject runs: those of the network, or one slope per layer. */
export type Slopes = 'own' | 'leaky';

/** RGBA bytes. */
export interface Picture {
  data: Uint8ClampedArray;
  width: number;
  height: number;
}

/** What whole pictures are upscaled with. */
export interface PictureNetwork {
  readonly name: string;
  readonly scale: number;
  /** Input pixels that a result depends on, to each side. */
  readonly overlap: number;
  readonly multiplicationsPerPixel: number;
  /** What the float network makes of a picture. */
  referenceOf(picture: Picture, slopes: Slopes): Promise<Picture>;
}

/** A network with one size of tile, in the forms that libraries read. */
export interface TileFiles {
  readonly name: string;
  readonly edge: number;
  readonly scale: number;
  readonly multiplicationsPerPixel: number;
  readonly picture: Picture;
  /** Whether one slope per layer would be another network. */
  readonly hasPrelu: boolean;
  /** Address of an ONNX file. */
  onnx(kind: 'float' | 'int8', slopes: Slopes): Promise<string>;
  /** Address of a TensorFlow Lite file. */
  tflite(kind: TfliteKind, slopes: Slopes): Promise<string>;
  /** Addresses of the layers for TensorFlow.js and their weights, where there are any. */
  tfjs?(slopes: Slopes): Promise<{ layers: string; floats: string }>;
  /** What the float network makes of the tile, node by node as ONNX defines it. */
  reference(slopes: Slopes): Promise<Picture>;
}

const FOLDER = 'out/bench/web';

function place(name: string, bytes: Uint8Array | string): string {
  const path = join(ROOT, FOLDER, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return `/${FOLDER}/${name}`;
}

/** One benchmark network with one size of tile, in all its forms; each is made when it is asked for. */
export class NetworkFiles implements PictureNetwork, TileFiles {
  readonly name: BenchmarkNetworkName;
  readonly edge: number;
  readonly scale: number;
  readonly multiplicationsPerPixel: number;
  readonly picture: Picture;
  readonly #made = new Map<string, Promise<unknown>>();
  readonly #network: Network;
  readonly #onnx: Record<'float' | 'int8', Uint8Array<ArrayBuffer>>;

  constructor(name: BenchmarkNetworkName, edge: number) {
    this.name = name;
    this.edge = edge;
    this.picture = makePicture(edge, edge);
    const int8 = benchmarkNetwork(name, 'int8');
    this.#onnx = { int8: int8.file, float: benchmarkNetwork(name, 'float').file };
    this.scale = int8.scale;
    this.multiplicationsPerPixel = int8.multiplicationsPerPixel;
    this.#network = liftNetwork(readOnnx(int8.file));
  }

  /** Whether one slope per layer would be another network. */
  get hasPrelu(): boolean {
    return hasPrelu(this.#network);
  }

  /** These networks are chains, so that every convolution sees further than the one before. */
  get overlap(): number {
    const { layers, tensors } = this.#network;
    const reach = layers.map((layer) =>
      layer.op === 'conv'
        ? (layer.kernel - 1) / 2 / (tensors[layer.input]?.magnification as number)
        : 0,
    );
    return Math.ceil(reach.reduce((sum, each) => sum + each, 0));
  }

  /** Address of an ONNX file. */
  onnx(kind: 'float' | 'int8', slopes: Slopes): Promise<string> {
    const name = `${this.name}-${kind}-${slopes}.onnx`;
    return this.#once(name, async () => place(name, this.#onnxBytes(kind, slopes)));
  }

  /** Address of a TensorFlow Lite file. */
  tflite(kind: TfliteKind, slopes: Slopes): Promise<string> {
    const name = `${this.name}-${this.edge}-${kind}-${slopes}.tflite`;
    return this.#once(name, async () => {
      const ranges = kind === 'float' ? new Map() : await this.#ranges(slopes);
      return place(name, writeTflite(this.#layers(slopes), kind, this.edge, ranges));
    });
  }

  /** Addresses of the layers for TensorFlow.js and their weights. */
  tfjs(slopes: Slopes): Promise<{ layers: string; floats: string }> {
    const name = `${this.name}-${slopes}`;
    return this.#once(`${name}-tfjs`, async () => {
      const { floats, ...rest } = writeTfjs(this.#layers(slopes));
      return {
        layers: place(`${name}.json`, JSON.stringify(rest)),
        floats: place(`${name}.bin`, new Uint8Array(floats.buffer)),
      };
    });
  }

  /** What the float network makes of the tile, node by node as ONNX defines it. */
  reference(slopes: Slopes): Promise<Picture> {
    return this.#once(`reference-${slopes}`, async () => {
      return this.referenceOf(this.picture, slopes);
    });
  }

  /** The same of another picture. */
  async referenceOf({ data, width, height }: Picture, slopes: Slopes): Promise<Picture> {
    const file = this.#onnxBytes('float', slopes);
    const planes = toNchw({ data, width, height });
    const image: FloatImage = { shape: [3, height, width], data: planes };
    const result = await runReference(file, image, { optimize: false });
    return fromNchw(result.data, width * this.scale, height * this.scale) as Picture;
  }

  #once<T>(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.#made.get(key);
    if (known !== undefined) return known as Promise<T>;
    const made = make();
    this.#made.set(key, made);
    return made;
  }

  #onnxBytes(kind: 'float' | 'int8', slopes: Slopes): Uint8Array<ArrayBuffer> {
    const file = this.#onnx[kind];
    return slopes === 'own' ? file : withLeakyRelu(file);
  }

  #layers(slopes: Slopes): Network {
    return slopes === 'own' ? this.#network : leaky(this.#network);
  }

  #image(): FloatImage {
    return { shape: [3, this.edge, this.edge], data: toNchw(this.picture) };
  }

  /** What the convolutions give on the tile: the calibration that a converter would do. */
  #ranges(slopes: Slopes): Promise<Ranges> {
    return this.#once(`ranges-${slopes}`, async () => {
      const names = this.#network.layers.flatMap((layer) =>
        layer.op === 'conv' ? [layer.name] : [],
      );
      const file = withOutputs(this.#onnxBytes('int8', slopes), names);
      const outputs = await runAllOutputs(file, this.#image());
      return new Map(names.map((name, i) => [name, rangeOf((outputs[i] as FloatImage).data)]));
    });
  }
}

function rangeOf(values: Float32Array): [number, number] {
  let [low, high] = [0, 0];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
