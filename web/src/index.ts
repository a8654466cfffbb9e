/**
 * Super-resolution in the browser, on the visitor's CPU.
 *
 * @example
 * ```ts
 * import { Upscaler } from 'tessera-sr';
 *
 * const upscaler = await Upscaler.create({ model: 'photo-x2' });
 * const image = await upscaler.upscale('photo.jpg');
 * await upscaler.dispose();
 * ```
 *
 * @packageDocumentation
 */
export type { ConnectOptions, CreateOptions } from './create-options.js';
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  TesseraError,
  type TesseraErrorOptions,
} from './errors.js';
export { Pool } from './pool/pool.js';
export type {
  AlphaMode,
  AnyCanvas,
  CanvasOptions,
  Color,
  ColorSpace,
  Estimate,
  EstimateOptions,
  FetchFunction,
  FrameResult,
  ImageInput,
  LoadPhase,
  ModelArtifacts,
  ModelChoices,
  ModelFiles,
  ModelInfo,
  ModelNode,
  ModelSource,
  OutputKind,
  OutputTypes,
  OverlapOption,
  OwnCanvas,
  PictureOptions,
  PixelSource,
  PoolInfo,
  PoolOptions,
  ProgressCallback,
  QuantizationInfo,
  QuantizeOptions,
  RawImage,
  RowFlow,
  RunOptions,
  SeamReport,
  ShippedModelInfo,
  SingleModelSource,
  TargetSize,
  TileResult,
  UpscaleOptions,
  UpscalerInfo,
  WeightSpec,
  WorkerPort,
} from './types.js';
export { Upscaler } from './upscaler.js';
export { type CoreKind, VARIANTS, type Variant, type VariantReport } from './variants.js';
export type {
  FrameOptions,
  LiveVideo,
  VideoOptions,
  VideoSource,
  VideoStats,
} from './video/video-options.js';
