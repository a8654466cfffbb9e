/** Results as streams: files that are written while tiles finish. */
import { reasonOf } from './base/abort.js';
import { type Band, BandBuilder, type RowShape } from './image/bands.js';
import { checkStream, fileChunks, type StreamType } from './image/file-stream.js';
import type { Run, RunRequest } from './pool/run.js';
import type { TilePool } from './pool/tile-pool.js';
import { streamRun, type TileStream } from './pool/tile-stream.js';
import type { TileResult } from './types.js';

/** What a stream is made of. */
export interface StreamRequest extends Omit<RunRequest, 'ontile' | 'mostInFlight' | 'signal'> {
  pool: TilePool;
  /** Tiles that may be in the hands of workers. */
  working: number;
  /** Errors the stream at once. */
  signal: AbortSignal;
  /** Hears of each tile. */
  ontile(tile: TileResult, done: number): void;
  /** Whether somebody may keep the tiles. */
  sharesTiles: boolean;
  /** Called once, when the stream has come to its end or was left. */
  onend(): void;
}

/** What the receiver has not taken stays away from the workers, so that a few rows of tiles wait at most. */
async function* bandsOf(
  run: Run,
  tiles: TileStream,
  { target, cutter, sharesTiles }: StreamRequest,
): AsyncGenerator<Band, void, undefined> {
  // All rows of tiles have as many.
  const { across } = cutter;
  const builder = new BandBuilder(target.window.width, across);
  try {
    for (let tile = await tiles.next(); tile; tile = await tiles.next()) {
      builder.add(tile);
      if (!sharesTiles) run.recycle(tile);
      for (let band = builder.take(); band; band = builder.take()) {
        yield band;
        for (let i = 0; i < across; i++) run.release();
      }
    }
  } finally {
    run.cancel(new Error('the receiver has left'));
  }
}

/**
 * The file of a result, as it is made: nothing runs before somebody reads.
 *
 * @throws TesseraError `ERR_IMAGE_TOO_LARGE` for what the type cannot say.
 */
export function resultStream(
  type: StreamType,
  request: StreamRequest,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { pool, image, target, alpha, cutter, working, signal } = request;
  const { width, height } = target.window;
  const { colorSpace = 'srgb' } = image;
  const shape: RowShape = { width, height, opaque: !alpha, colorSpace };
  checkStream(type, shape);
  // A whole row of tiles must be able to finish before the first of it is given back.
  const { run, tiles } = streamRun(pool, { ...request, mostInFlight: cutter.across + working });
  const chunks = fileChunks(type, shape, bandsOf(run, tiles, request));
  let started = false;
  let onabort = () => {};
  const end = () => {
    signal.removeEventListener('abort', onabort);
    request.onend();
  };
  return new ReadableStream(
    {
      start(controller) {
        onabort = () => {
          controller.error(reasonOf(signal));
          end();
          void chunks.return();
        };
        signal.addEventListener('abort', onabort);
      },
      async pull(controller) {
        if (!started) run.start();
        started = true;
        try {
          const { done, value } = await chunks.next();
          if (signal.aborted) return;
          if (!done) {
            controller.enqueue(value);
            return;
          }
          end();
          controller.close();
        } catch (error) {
          if (!signal.aborted) end();
          throw error;
        }
      },
      async cancel() {
        run.cancel(new Error('the receiver has left'));
        end();
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}
