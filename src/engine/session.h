#ifndef TESSERA_ENGINE_SESSION_H_
#define TESSERA_ENGINE_SESSION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/run_context.h"
#include "core/status.h"
#include "engine/float_executor.h"
#include "engine/int8/executor.h"
#include "engine/pixels.h"
#include "graph/model.h"
#include "image/alpha.h"
#include "image/bicubic.h"

namespace tessera {

struct SessionOptions {
  // Input pixels, multiples of TilingFacts::size_multiple, or of whole_multiple for an image in one
  // piece; at least `smallest`.
  int64_t width = 0;
  int64_t height = 0;
  // false: alpha is ignored and the output is opaque. Where rows flow, only networks that make
  // alpha themselves take it.
  bool alpha = false;
  int64_t threads = 1;
  // Not 0: the tile passes through in rows, about so many at a time (int8/row_schedule.h), and may
  // be as high as a picture.
  int64_t rows = 0;
  // Which int8 kernels run; null: the fastest. Results are the same.
  const KernelSet* kernels = nullptr;
};

/// Input pixels a tile must overlap its neighbours by. What is enlarged bicubically beside the
/// network, alpha or the colours of a luma network, may reach further than it; so does the colour
/// bleed.
int64_t RequiredOverlap(const Model& model, bool alpha);

/// A model prepared for one tile shape: RGBA8 in, RGBA8 out, straight alpha. The buffers belong to
/// the session and stay where they are for its whole life.
class Session {
 public:
  /// Errors: kUnsupported (not a network of pictures: PictureFormatOf; not one whose rows can
  /// flow), kInvalidArgument (extents), kImageTooLarge, kOutOfMemory.
  static Result<Session> Create(const Model& model, const SessionOptions& options);

  /// height x width x 4 bytes, written by the caller before Run. With alpha, Run replaces the
  /// colour of fully transparent pixels in it. Where rows flow: the rows that the next Run takes,
  /// none at the end of the tile.
  std::span<uint8_t> input();
  /// scale * (height - 2 * margin) x scale * (width - 2 * margin) x 4 bytes. Where rows flow: those
  /// that the last Run has finished, none at first.
  std::span<const uint8_t> output() const;

  /// Upscales the tile in portions of about `milliseconds`, but whole steps: returns the share that
  /// is done, in (0, 1]. After 1, or an error, the next call begins another tile.
  Result<double> RunFor(double milliseconds);
  /// Forgets a tile that RunFor has not finished.
  void Restart();

  /// Upscales the tile. `context` may be null. Errors: those of the engine's Run.
  Status Run(RunContext* context);

  size_t memory_bytes() const;

 private:
  // A float network between its pixel steps.
  struct FloatEngine {
    FloatExecutor executor;
    StepPtr read;
    StepPtr write;

    Status Run(RunContext* context);
    Result<double> RunFor(double milliseconds);
    size_t memory_bytes() const;
  };

  Session(const TilingFacts& tiling, const SessionOptions& options)
      : options_(options), scale_(tiling.scale), margin_(tiling.margin) {}

  int64_t OutputExtent(int64_t extent) const {
    return (Rational(extent - 2 * margin_) * scale_).Floor();
  }

  Status CheckOutput(const Graph& graph) const;
  Status AllocatePixels();
  Status PrepareEngine(const Graph& graph);
  Status PrepareAlpha();
  void ResizeAlpha();
  void Begin();
  void Finish();

  SessionOptions options_;
  Rational scale_;
  int64_t margin_;
  AlignedBuffer input_;
  AlignedBuffer output_;
  std::variant<std::monostate, FloatEngine, int8::Executor> engine_;
  std::optional<BicubicResizer> alpha_resizer_;
  BleedScratch bleed_scratch_;
  bool begun_ = false;                // a tile that RunFor has not finished
  std::vector<uint8_t> inner_alpha_;  // of the part that the output covers
};

}  // namespace tessera

#endif  // TESSERA_ENGINE_SESSION_H_
