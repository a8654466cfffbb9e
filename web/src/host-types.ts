// What the public types say of their host. A program that is compiled for another host (a worker, Node) lacks the names
// of pages: there each of these is `never` instead of an error in this library's declarations.

/** The instances of a class that the program's own libraries know under that name. */
type Host<Name extends string> = typeof globalThis extends {
  [_ in Name]: { prototype: infer Instance };
}
  ? Instance
  : never;

export type AbortSignal = Host<'AbortSignal'>;
export type Blob = Host<'Blob'>;
export type File = Host<'File'>;
export type HTMLCanvasElement = Host<'HTMLCanvasElement'>;
export type HTMLImageElement = Host<'HTMLImageElement'>;
export type HTMLVideoElement = Host<'HTMLVideoElement'>;
export type ImageBitmap = Host<'ImageBitmap'>;
export type ImageData = Host<'ImageData'>;
export type MediaStream = Host<'MediaStream'>;
export type OffscreenCanvas = Host<'OffscreenCanvas'>;
export type MessagePort = Host<'MessagePort'>;
export type Response = Host<'Response'>;
/** A stream of bytes, as a response has it. */
export type ByteStream = NonNullable<Response['body']>;
export type TransformStream = Host<'TransformStream'>;
export type URL = Host<'URL'>;
export type VideoFrame = Host<'VideoFrame'>;

/** Bytes of pixels in memory of their own, which compilers from TypeScript 5.7 on tell from shared memory. */
export type PixelBytes = ReturnType<typeof Uint8ClampedArray.of>;
