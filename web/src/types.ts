import type {
  AbortSignal,
  Blob,
  ByteStream,
  File,
  HTMLCanvasElement,
  HTMLImageElement,
  HTMLVideoElement,
  ImageBitmap,
  ImageData,
  OffscreenCanvas,
  PixelBytes,
  Response,
  URL,
  VideoFrame,
} from './host-types.js';
import type { CoreKind, Variant, VariantReport } from './variants.js';

/** What the numbers of a picture mean: in Display P3, colours reach further. */
export type ColorSpace = 'srgb' | 'display-p3';

/** Pixels as bytes: RGBA with straight (not premultiplied) alpha, or RGB, row by row, no padding. */
export interface PixelSource {
  /** `width * height * 4` bytes (RGBA) or `width * height * 3` bytes (RGB). */
  data: Uint8ClampedArray | Uint8Array;
  /** Pixels, a positive integer. */
  width: number;
  /** Pixels, a positive integer. */
  height: number;
  /** Default `srgb`. The result has the same. */
  colorSpace?: ColorSpace | undefined;
}

/** RGBA bytes with straight alpha that this library made; it has the shape of an `ImageData`. */
export interface RawImage {
  /** `width * height * 4` bytes, row by row, no padding. */
  data: PixelBytes;
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  /** That of the image; `srgb` when there is none. */
  colorSpace?: ColorSpace | undefined;
}

/**
 * What can be upscaled. A string is a URL. Everything but {@link PixelSource} and `ImageData` needs
 * the image decoder of a browser.
 */
export type ImageInput =
  | string
  | URL
  | Blob
  | ImageData
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | VideoFrame
  | PixelSource;

/** A canvas of the page, or one that lives in a worker. */
export type AnyCanvas = HTMLCanvasElement | OffscreenCanvas;

/**
 * The canvas of a result when none was given: an element in pages, an `OffscreenCanvas` in workers.
 */
export type OwnCanvas = [HTMLCanvasElement] extends [never] ? OffscreenCanvas : HTMLCanvasElement;

/** What each `output` resolves to. */
export interface OutputTypes {
  /** What canvases read and write. */
  imagedata: ImageData;
  /** What draws fastest; `close()` gives its memory back. */
  imagebitmap: ImageBitmap;
  /** A file of {@link UpscaleOptions}.type. */
  blob: Blob;
  /** The canvas that was given, or a new one. */
  canvas: OwnCanvas;
  /** Bytes without a class of the browser's: what there is in Node. */
  raw: RawImage;
  /** A `data:` address of what `blob` would be. */
  base64: string;
  /**
   * A file that is written while it is read: two rows of tiles are in memory, not the result. Nothing runs before somebody
   * reads.
   */
  stream: ByteStream;
}

/** The form of the result. */
export type OutputKind = keyof OutputTypes;

/** A finished piece of the result. Lengths are output pixels. */
export interface TileResult extends RawImage {
  /** Left edge in the result. */
  x: number;
  /** Top edge in the result. */
  y: number;
  /** Position in reading order, from 0. Tiles may finish in any order. */
  index: number;
  /** How many tiles the result has. */
  count: number;
}

/**
 * Called after each tile with the finished part in [0, 1]: never falling, and exactly 1 once, last.
 * While slow tiles are in work it is also called in between, without a tile. An exception thrown
 * here rejects the run.
 */
export type ProgressCallback = (fraction: number, tile?: TileResult) => void;

/** `keep` upscales transparency on its own; `ignore` gives an opaque result. */
export type AlphaMode = 'keep' | 'ignore';

/**
 * How far neighbouring tiles overlap. `exact`: as far as it takes for tiles to be, bit for bit, what
 * the whole image would be; a network that looks at the whole image then runs in one piece, of at
 * most a megapixel. A number: input pixels, on each side of a tile. More is slower, less leaves
 * seams.
 */
export type OverlapOption = 'exact' | number;

/**
 * How large the result is to be: one of `scale`, `maxPixels`, or `width` and `height`. Default: the
 * network's own scale. What the network makes beyond it is reduced (bicubic, antialiased); above
 * its scale it runs a second time on its result, up to the square of the scale.
 */
export interface TargetSize {
  /** Output pixels per input pixel along an edge, such as 1.5. At least 1. */
  scale?: number | undefined;
  /** Of the result, in pixels. With `height` missing, the proportions stay. */
  width?: number | undefined;
  /** Of the result, in pixels. With `width` missing, the proportions stay. */
  height?: number | undefined;
  /**
   * With `width` and `height`: `contain` fits the whole image inside, `cover` fills the size and cuts
   * off what reaches beyond it on both sides, `fill` distorts. Default `contain`.
   */
  fit?: 'contain' | 'cover' | 'fill' | undefined;
  /** As large as the network's scale allows, but with at most so many pixels. */
  maxPixels?: number | undefined;
}

/** What can be chosen for one image. */
export interface RunOptions extends TargetSize {
  /** Longest tile edge in input pixels, overlap included. Default: chosen for speed. */
  tileSize?: number | undefined;
  /**
   * Default: exact where that can be afforded, else a width that keeps seams small;
   * {@link Estimate} says which.
   */
  overlap?: OverlapOption | undefined;
  /** The same as `tileSize`, by its name in UpscalerJS. */
  patchSize?: number | undefined;
  /** Accepted for users of UpscalerJS, and not needed: the overlap follows from the network. */
  padding?: number | undefined;
  /** Default `keep`. An image without a transparent pixel costs nothing extra. */
  alpha?: AlphaMode | undefined;
  /** Cancels the run: its promise rejects with `signal.reason` at once. */
  signal?: AbortSignal | undefined;
  /** Higher runs first; runs of one priority take turns. Default 0. */
  priority?: number | undefined;
  /**
   * Tiles near this point (input pixels), or near the `center`, come first. Default: reading order, which streams keep.
   */
  focus?: { x: number; y: number } | 'center' | undefined;
  /**
   * Names what the run is for: a later one of the same key takes its place, and it rejects with an
   * `AbortError`.
   */
  key?: string | undefined;
  /**
   * Gives the image away: a pixel buffer is detached instead of copied, an `ImageBitmap` or
   * `VideoFrame` is closed once read. Default false.
   */
  transfer?: boolean | undefined;
}

/** What can be chosen for {@link Upscaler.upscale}. */
export interface UpscaleOptions<K extends OutputKind = OutputKind> extends RunOptions {
  /** Default `imagedata`, or `raw` where there is no `ImageData` (Node). */
  output?: K | undefined;
  /** Hears of each finished tile. */
  onprogress?: ProgressCallback | undefined;
  /** The same as `onprogress`, by its name in UpscalerJS. */
  progress?: ProgressCallback | undefined;
  /** For `canvas`: draw here, tile by tile, instead of into a new one. It is resized. */
  canvas?: AnyCanvas | undefined;
  /**
   * For `blob` and `base64`: a MIME type that the browser can write (`image/jpg` and capitals are understood), which is asked before the run, as are the limits of the
   * format (16383 pixels for WebP). For `stream`: `image/png` (with alpha only where the picture has some), `image/bmp`, or
   * `application/octet-stream` for RGBA bytes row by row. Default `image/png`.
   */
  type?: string | undefined;
  /** For `blob` and `base64` of a lossy type: 0 to 1. Default: the browser's. */
  quality?: number | undefined;
  /** For `blob` and `base64`: a CSS colour under what is transparent. Default: `white` for JPEG, else none. */
  background?: string | undefined;
}

/** An upscaled picture of an animation. */
export interface FrameResult<K extends OutputKind = OutputKind> {
  /** In the form that was asked for. */
  image: OutputTypes[K];
  /** Milliseconds for which it is shown; 0 where the file says nothing. */
  duration: number;
  /** Position in the animation, from 0. */
  index: number;
  /** How many pictures it has. */
  count: number;
}

/** A shipped model. */
export interface ShippedModelInfo {
  /** What {@link CreateOptions.model} takes. */
  name: string;
  /** Names that mean it too. */
  otherNames: string[];
  /** Families that it belongs to: as a model's name, they take the member of the scale that is needed. */
  families: string[];
  /** Output pixels per input pixel along an edge. */
  scale: number;
  /** Of the file. */
  bytes: number;
  /** Of the file, in lower-case hexadecimal digits. */
  sha256: string;
}

/** {@link UpscaleOptions} with a canvas to draw on, which is the result. */
export interface CanvasOptions<C extends AnyCanvas> extends UpscaleOptions<'canvas'> {
  /** The form of the result. */
  output: 'canvas';
  /** It is resized, drawn on as tiles finish, and given back. */
  canvas: C;
}

/**
 * A model: the name of a shipped one or of a family of them, a URL, the bytes of a file, or a file. Beside ONNX files these
 * may be the `model.json` of a TensorFlow.js model or a TensorFlow Lite file, which are converted.
 */
export type SingleModelSource = string | URL | ArrayBuffer | Uint8Array | Blob;

/** A model whose weights lie in other files, each under the name that the model has for it. */
export interface ModelFiles {
  /** The ONNX file, or the `model.json`. */
  model: SingleModelSource;
  /** The other files, by the names that the model has for them. */
  externalData: Readonly<Record<string, string | URL | ArrayBuffer | Uint8Array | Blob>>;
}

/**
 * A TensorFlow.js model in memory, as `model.save(tf.io.withSaveHandler(...))` hands it out: a layers model or a graph
 * model, whose weights lie one after the other.
 */
export interface ModelArtifacts {
  /** The `modelTopology` of a model.json. */
  modelTopology?: unknown;
  /** What the weights are: name, shape and type of each, and how it was quantized. */
  weightSpecs?: readonly WeightSpec[] | undefined;
  /** Their bytes. */
  weightData?: ArrayBuffer | readonly ArrayBuffer[] | undefined;
  /** Of a graph model: which nodes its outputs are. */
  signature?: unknown;
}

/** One tensor of weights, as a TensorFlow.js model describes it. */
export interface WeightSpec {
  /** Such as `conv2d_1/kernel`. */
  name: string;
  /** Its extents. */
  shape: readonly number[];
  /** `float32`, `int32`, `uint8` or `bool`. */
  dtype: string;
  /** How numbers were rounded to fewer bits: value = code * scale + min; without both where they are halves. */
  quantization?: { dtype: string; scale?: number; min?: number } | undefined;
}

/**
 * A model: one source, or with the files that hold its weights. In a list of files the one whose name
 * ends in `.onnx` is the model, or else that in `.tflite`, or the `model.json`. The weights of a model that was given by its URL are found
 * beside it.
 */
export type ModelSource = SingleModelSource | ModelFiles | ModelArtifacts | readonly File[];

/** A file's bytes under its name. */
export interface NamedBytes {
  name: string;
  bytes: Uint8Array;
}

/** What a model file leaves open. */
export interface ModelChoices {
  /** Which output is computed, by its name. Default: the largest picture, the first of equals. */
  output?: string | undefined;
  /** Values of inputs beside the image, such as a scale factor, by their names. */
  inputs?: Readonly<Record<string, number | readonly number[]>> | undefined;
}

/** Loads a URL, as `fetch` does. */
export type FetchFunction = (url: string, init: { signal: AbortSignal }) => Promise<Response>;

/** The part of `Worker` that the pool uses; other hosts can adapt theirs to it. */
export interface WorkerPort {
  /** Sends a message, and gives the buffers in `transfer` away. */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** Ends the worker; a promise, if one comes back, settles when it is gone. */
  terminate(): unknown;
  /** `message` carries `data`; `error` and `messageerror` mean that the worker is lost. */
  addEventListener(
    type: 'message' | 'error' | 'messageerror',
    listener: (event: { data?: unknown; message?: string; error?: unknown }) => void,
  ): void;
}

/** What {@link Upscaler.create} is doing. */
export type LoadPhase = 'download' | 'prepare';

/**
 * What the channels of a network are. With `y` (BT.601 luma in studio range, 16 to 235) and
 * `y-full` (0 to 255) the colours are enlarged bicubically; with `gray`, full range too, the result
 * has none.
 */
export type Color = 'rgb' | 'bgr' | 'y' | 'y-full' | 'gray';

/**
 * What pixels are to a network, over what its file says. A byte b enters as
 * `(low + b / 255 * (high - low) - mean) / std`.
 */
export interface PictureOptions {
  /** What bytes 0 and 255 become, such as `[0, 255]` or `[-1, 1]`. Default `[0, 1]`. */
  inputRange?: readonly [low: number, high: number] | undefined;
  /** What becomes bytes 0 and 255. Default `[0, 1]`. */
  outputRange?: readonly [low: number, high: number] | undefined;
  /** Subtracted, for all channels or for each in the network's order. Default 0. */
  mean?: number | readonly number[] | undefined;
  /** Divided by, in the same form; positive. Default 1. */
  std?: number | readonly number[] | undefined;
  /** Default: by the number of channels `rgb` (3, or 4 with alpha) or `y` (1). */
  color?: Color | undefined;
  /** Of the file's input. Default: found from its Transposes. */
  layout?: 'nchw' | 'nhwc' | undefined;
  /**
   * Pixels, 0 to 64, by which a picture is extended on each side before the network runs, its edge
   * pixels repeated; what they become is cut away. For networks whose results are dark along the
   * edges, since they take what lies beyond for black. Default 0.
   */
  border?: number | undefined;
}

/** What can be chosen for workers: those of a {@link Pool}, or of an upscaler that is given none. */
export interface PoolOptions {
  /**
   * Tiles in parallel, or threads of a `-mt` variant. Default: as many as there are cores, at most 8 and
   * 2 for each GiB of the device's memory, where the browser tells it.
   */
  workers?: number | undefined;
  /** Which build runs. Default `auto`: the fastest that needs no special headers. */
  variant?: Variant | 'auto' | undefined;
  /** Milliseconds that a download, a starting worker or a tile may be silent. Default 60000. */
  timeout?: number | undefined;
  /**
   * Milliseconds after which an idle worker is ended, to free memory; it comes back when needed. Default
   * 60000; `Infinity` keeps it.
   */
  idleTimeout?: number | undefined;
  /** Where `worker.mjs`, `wasm/` and `models/` lie. Default: beside this library. */
  baseUrl?: string | URL | undefined;
  /** Where the worker script lies. Default: `worker.mjs` in `baseUrl`. */
  workerUrl?: string | URL | undefined;
  /** The folder of `tessera-VARIANT.wasm` and `.mjs`. Default: `wasm/` in `baseUrl`. */
  wasmUrl?: string | URL | undefined;
  /** Makes a worker, for hosts without `Worker`. */
  createWorker?: (() => WorkerPort) | undefined;
  /** Loads files, for hosts whose `fetch` cannot. */
  fetch?: FetchFunction | undefined;
}

/** One operator of a network, as the engine runs it. */
export interface ModelNode {
  /** As in the file, or made from the names of what it was made of. */
  name: string;
  /** The operator, such as `Conv`. */
  op: string;
  /** Names of the tensors that it reads. */
  inputs: string[];
  /** Name of the tensor that it writes. */
  output: string;
  /** The output's extents; -1 where they depend on the image. */
  shape: number[];
  /** Kernel, stride, fused activation and the like, for people. */
  detail: string;
  /**
   * `int8`: on 8-bit codes. `float`: in float32, which in a quantized model is slower than int8.
   * `fused`: inside another node's work.
   */
  runs: 'int8' | 'float' | 'fused';
}

/** What the model file says, and what follows from its graph. Lengths are input pixels. */
export interface ModelInfo {
  /** `tessera.name` of the file; may be empty. */
  name: string;
  /** Name of the output that is computed. */
  output: string;
  /** Names of all outputs that the file has. */
  outputs: string[];
  /** Of the weights, as the file says; may be empty. */
  licence: string;
  /** What it was trained on. */
  data: string;
  /** The scores its makers state. */
  scores: string;
  /** Output pixels per input pixel along an edge: 1 or more, mostly a whole number. */
  scale: number;
  /** Extents that the network takes are multiples of this; images are padded and cropped. */
  sizeMultiple: number;
  /** The same of an image that is run in one piece, where its own size can be kept. */
  wholeMultiple: number;
  /** Extent that the network takes at least; smaller images are padded and cropped. */
  smallest: number;
  /** Not 0: all tiles are so wide, since the file fixes it. */
  fixedWidth: number;
  /** Not 0: all tiles are so high, since the file fixes it. */
  fixedHeight: number;
  /** Pixels on each side that the network's output lacks; images are padded by them. */
  margin: number;
  /** Pixels on each side by which images are extended beyond that ({@link PictureOptions.border}). */
  border: number;
  /**
   * Neighbouring pixels on each side that an output pixel depends on; when not `exact`, by local
   * paths.
   */
  overlap: number;
  /** The same when transparency is kept. */
  overlapWithAlpha: number;
  /** False when some operator looks at the whole image: tiles then differ a little from it. */
  exact: boolean;
  /** The operator that does; empty otherwise. */
  notExactBecause: string;
  /** Bytes that a tile needs, by its input pixels, beside the weights. */
  tileMemory: { fixed: number; perPixel: number; perSquaredPixel: number };
  /** How rows flow through the network; null where it runs in tiles. */
  rowFlow: RowFlow | null;
  /** Why they do not; empty where they do. */
  noRowFlowBecause: string;
  /** Of the input: 3 for colour, 4 for colour and alpha, 1 for luma or grey. */
  channels: number;
  /** What the channels are, or what they are said to be where they cannot be that. */
  color: Color | '';
  /** Why the network cannot be run on pictures; empty where it can. */
  notRunnableBecause: string;
  /**
   * Signs that the network wants its pictures in another range or order of colours than it gets
   * them, each with the option to set. Empty for a file that the quantizer or the trainer of this
   * library has named.
   */
  warnings: string[];
  /** Numbers that were learned. */
  parameters: number;
  /** Bytes of the file. */
  fileBytes: number;
  /** Multiplications per input pixel. */
  multiplicationsPerPixel: number;
  /** The operators as they run, after simplification. */
  nodes: ModelNode[];
}

/** How a pool of workers runs. */
export interface PoolInfo extends VariantReport {
  /** Of this library. */
  version: string;
  /** Workers, each with its own wasm instance and its own tile. */
  workers: number;
  /** Threads inside one worker: more than 1 only in the `-mt` variants. */
  threads: number;
}

/** How an upscaler makes an int8 network of a float one by itself, beside `'auto'`. */
export interface QuantizeOptions {
  /**
   * Pictures like those that will be upscaled: the network is calibrated on parts of them, as soon as it is loaded. Default:
   * the first picture that is upscaled, and pictures made by rule.
   */
  images?: readonly ImageInput[] | undefined;
  /**
   * Decibels: int8 runs only if its results, on parts that it was not calibrated on, have at least this PSNR against those of
   * the float network. Default 40, which costs a network that leaves errors of 30 dB 0.4 dB of them.
   */
  minPsnr?: number | undefined;
  /** Keep the result in the browser's Cache Storage, for the next visit. Default true. */
  keep?: boolean | undefined;
  /** Gives quantizing up: the float network goes on. */
  signal?: AbortSignal | undefined;
  /** The finished part of the quantizing in [0, 1]: never falling, and exactly 1 once, last. */
  onprogress?: ((fraction: number) => void) | undefined;
}

/** What became of {@link CreateOptions.quantize}. */
export interface QuantizationInfo {
  /**
   * `waiting` for a picture, `working` on it while the float network runs, or which network runs from now on: `int8` or
   * `float`.
   */
  state: 'waiting' | 'working' | 'int8' | 'float';
  /** Why it is `float`, or why there was nothing to do; empty otherwise. */
  because: string;
  /** Decibels: see {@link QuantizeOptions.minPsnr}. 0 while nothing was measured. */
  psnr: number;
  /** Whether it was made on an earlier visit. */
  kept: boolean;
}

/** How an upscaler runs. */
export interface UpscalerInfo extends PoolInfo {
  /** What became of `quantize`; null where it was not asked for, and at the other end of a port. */
  quantization: QuantizationInfo | null;
  /**
   * Which core its workers run: `lean` for a model by name, as it comes, unless another upscaler of the same workers needs the
   * `full` one.
   */
  core: CoreKind;
  /**
   * How pictures pass through the network: in rows, of which each is computed once, or in tiles,
   * which overlap. Even where it is rows, these runs are in tiles: those with `tileSize`, an overlap
   * in pixels, `focus`, or another size than the network makes, streams, and small pictures where
   * tiles keep more workers busy. {@link Estimate} says it for a run.
   */
  schedule: 'rows' | 'tiles';
  /** Why not in rows; empty otherwise. */
  scheduleBecause: string;
  /** {@link ModelInfo.warnings} of its model. */
  warnings: string[];
}

/** How the rows of a picture flow through a network. */
export interface RowFlow {
  /** Input rows that the engine takes at a time. */
  rows: number;
  /** Output rows by which what is finished is behind what was taken. */
  outputLag: number;
  /** Bytes that a strip of the picture needs for each thread, beside the weights. */
  fixedBytes: number;
  /** And for each column of input pixels. */
  columnBytes: number;
}

/** What {@link Upscaler.estimate} wants to know. */
export interface EstimateOptions {
  /** Input pixels. */
  width: number;
  /** Input pixels. */
  height: number;
  /** The size of the result, which a run would be given. Default: the network's own scale. */
  target?: TargetSize | undefined;
  /** Longest tile edge, as in {@link RunOptions}. */
  tileSize?: number | undefined;
  /** As in {@link RunOptions}. */
  overlap?: OverlapOption | undefined;
  /** Whether the image has transparency that is to be kept. Default false. */
  alpha?: boolean | undefined;
  /** The form of the result. Default: pixels. */
  output?: OutputKind | undefined;
}

/** What a run needs. Memory is in bytes. */
export interface Estimate {
  /** Input pixels. */
  width: number;
  /** Input pixels. */
  height: number;
  /** Output pixels. */
  outputWidth: number;
  /** Output pixels. */
  outputHeight: number;
  /** RGBA bytes of the image. */
  input: number;
  /** Bytes of the result, and of what its form needs on the way. */
  output: number;
  /** The wasm memory of one worker. */
  perWorker: number;
  /** How many work at once. */
  workers: number;
  /** Everything together. */
  total: number;
  /** As in {@link UpscalerInfo}, for this run. */
  schedule: 'rows' | 'tiles';
  /** Why not in rows; empty otherwise. */
  scheduleBecause: string;
  /**
   * Parts in which the result arrives: tiles, or some rows at a time. Of both runs, where a size
   * needs two.
   */
  tiles: number;
  /** Input pixels of one such part, overlap included. */
  tile: { width: number; height: number };
  /** Input pixels that tiles overlap by, on each side. */
  overlap: number;
  /** Whether the result is, bit for bit, that of the image in one piece. */
  exact: boolean;
  /** Why not; empty otherwise. {@link Upscaler.measureSeams} says by how much. */
  notExactBecause: string;
  /** Multiplications of the whole run, overlap included. */
  multiplications: number;
}

/**
 * How tiles differ from the picture in one piece, on the worst of several pictures that were made to be
 * hard for networks that look at the whole picture.
 */
export interface SeamReport {
  /** Input pixels that tiles overlap by, on each side. */
  overlap: number;
  /** Input pixels of one tile, overlap included. */
  tile: { width: number; height: number };
  /** Whether tiles are exact by the network's structure; the differences are 0 then. */
  exact: boolean;
  /** Why not; empty otherwise. */
  notExactBecause: string;
  /**
   * A quarter more than the largest difference that was measured, in levels of 255; at least 1 where
   * tiles are not exact.
   */
  max: number;
  /** The average difference, in levels of 255. */
  mean: number;
}
