import { PixelSink } from '../image/output.js';
import type { TileResult } from '../types.js';
import { type FrameModel, type FrameSettings, FrameUpscaler } from './frame-upscaler.js';
import { readFrame } from './read-frame.js';

/** What a transformer is made with. */
export interface TransformerParts {
  /** The model, once it is loaded. */
  model: Promise<FrameModel>;
  settings: FrameSettings;
  /** Called when the stream has ended. */
  onend(): void;
}

/**
 * A stream that upscales every frame it is given, one after the other: a fast writer has to wait. Each
 * frame is closed; its timestamp and duration stay.
 */
export function frameTransformer({
  model,
  settings,
  onend,
}: TransformerParts): TransformStream<VideoFrame, VideoFrame> {
  let upscaler: FrameUpscaler | undefined;
  let result: { sink: PixelSink; width: number; height: number } | undefined;
  const put = (width: number, height: number, tiles: readonly TileResult[]) => {
    if (result?.width !== width || result.height !== height) {
      result = { sink: new PixelSink({ width, height, colorSpace: 'srgb' }), width, height };
    }
    for (const tile of tiles) result.sink.write(tile);
    return result.sink.finish().data;
  };
  const transformer: Transformer<VideoFrame, VideoFrame> & { cancel(): void } = {
    async transform(frame, controller) {
      try {
        upscaler ??= new FrameUpscaler(await model, settings);
        const { width, height, tiles } = upscaler.begin(await readFrame(frame));
        const finished = await tiles;
        const data = put(width, height, finished);
        upscaler.recycle(finished);
        const { timestamp, duration } = frame;
        const size = { codedWidth: width, codedHeight: height };
        const times = duration === null ? { timestamp } : { timestamp, duration };
        controller.enqueue(new VideoFrame(data, { format: 'RGBA', ...size, ...times }));
      } catch (error) {
        onend();
        throw error;
      } finally {
        frame.close();
      }
    },
    flush: onend,
    cancel: onend,
  };
  return new TransformStream(transformer);
}
