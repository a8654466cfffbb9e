#ifndef TESSERA_ENGINE_SESSION_H_
#define TESSERA_ENGINE_SESSION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

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
  int64_t width = 0;  // input pixels, a multiple of TilingFacts::size_multiple
  int64_t height = 0;
  bool alpha = false;  // false: alpha is ignored and the output is opaque
  int64_t threads = 1;
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
  /// Errors: kUnsupported (not a network of pictures: PictureFormatOf), kInvalidArgument (extents),
  /// kImageTooLarge, kOutOfMemory.
  static Result<Session> Create(const Model& model, const SessionOptions& options);

  /// height x width x 4 bytes, written by the caller before Run. With alpha, Run replaces the
  /// colour of fully transparent pixels in it.
  std::span<uint8_t> input() { return {input_.as<uint8_t>(), input_.size()}; }
  /// (height * scale) x (width * scale) x 4 bytes.
  std::span<const uint8_t> output() const { return {output_.as<uint8_t>(), output_.size()}; }

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
    size_t memory_bytes() const;
  };

  Session(int64_t scale, const SessionOptions& options) : options_(options), scale_(scale) {}

  Status AllocatePixels();
  Status PrepareEngine(const Model& model);
  Status PrepareAlpha();

  SessionOptions options_;
  int64_t scale_;
  AlignedBuffer input_;
  AlignedBuffer output_;
  std::variant<std::monostate, FloatEngine, int8::Executor> engine_;
  std::optional<BicubicResizer> alpha_resizer_;
  BleedScratch bleed_scratch_;
};

}  // namespace tessera

#endif  // TESSERA_ENGINE_SESSION_H_
