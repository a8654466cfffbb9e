#include "engine/session.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/checked_math.h"
#include "engine/int8/lower.h"
#include "engine/picture_steps.h"
#include "graph/picture_format.h"
#include "kernels/kernel_set.h"

namespace tessera {
namespace {

int64_t RoundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

Status CheckExtents(const Model& model, const SessionOptions& options) {
  const int64_t multiple = model.tiling.size_multiple;
  if (options.width < 1 || options.height < 1 || options.width % multiple != 0 ||
      options.height % multiple != 0) {
    return Status(StatusCode::kInvalidArgument,
                  "a tile of " + std::to_string(options.width) + "x" +
                      std::to_string(options.height) + " pixels: extents must be multiples of " +
                      std::to_string(multiple) + " and at least that");
  }
  if (!CheckedProduct({options.width, options.height, model.tiling.scale, model.tiling.scale,
                       kBytesPerPixel})) {
    return Status(StatusCode::kImageTooLarge, "a tile of " + std::to_string(options.width) + "x" +
                                                  std::to_string(options.height) +
                                                  " pixels does not fit the address space");
  }
  return Status::Ok();
}

}  // namespace

int64_t RequiredOverlap(const Model& model, bool alpha) {
  const auto format = PictureFormatOf(model.graph);
  int64_t reach = model.tiling.overlap;
  if (format.ok() && format->needs_colors()) {
    reach = std::max(reach, BicubicResizer::kEnlargingRadius);
  }
  if (alpha && !(format.ok() && format->has_alpha())) {
    reach = std::max(reach + kBleedRadius, BicubicResizer::kEnlargingRadius);
  }
  return RoundUp(reach, model.tiling.size_multiple);
}

Result<Session> Session::Create(const Model& model, const SessionOptions& options) {
  TESSERA_RETURN_IF_ERROR(CheckExtents(model, options));
  TESSERA_ASSIGN_OR_RETURN(const PictureFormat format, PictureFormatOf(model.graph));
  Session session(model.tiling.scale, options);
  TESSERA_RETURN_IF_ERROR(session.AllocatePixels());
  TESSERA_RETURN_IF_ERROR(session.PrepareEngine(model));
  // A network with a channel for alpha sees the picture as it is, and makes alpha itself.
  if (options.alpha && !format.has_alpha()) TESSERA_RETURN_IF_ERROR(session.PrepareAlpha());
  return session;
}

Status Session::PrepareEngine(const Model& model) {
  const Graph& graph = model.graph;
  const PixelBuffers pixels = {input_.as<uint8_t>(), output_.as<uint8_t>(), options_.alpha};
  if (int8::HasQuantization(graph)) {
    const KernelSet& kernels = options_.kernels ? *options_.kernels : BestKernels();
    TESSERA_ASSIGN_OR_RETURN(
        engine_, int8::Executor::Create(graph, options_.height, options_.width, pixels, scale_,
                                        kernels, options_.threads));
    return Status::Ok();
  }
  TESSERA_ASSIGN_OR_RETURN(
      FloatExecutor executor,
      FloatExecutor::Create(graph, options_.height, options_.width, options_.threads));
  TESSERA_ASSIGN_OR_RETURN(const PictureFormat format, PictureFormatOf(graph));
  StepPtr read = MakeReadFloatsStep(graph.info, format, pixels, executor.input());
  TESSERA_ASSIGN_OR_RETURN(
      StepPtr write, MakeWriteFloatsStep(graph.info, format, pixels, executor.output(), scale_));
  engine_ = FloatEngine{std::move(executor), std::move(read), std::move(write)};
  return Status::Ok();
}

Status Session::FloatEngine::Run(RunContext* context) {
  TESSERA_RETURN_IF_ERROR(read->Run());
  TESSERA_RETURN_IF_ERROR(executor.Run(context));
  return write->Run();
}

size_t Session::FloatEngine::memory_bytes() const {
  return executor.memory_bytes() + read->memory_bytes() + write->memory_bytes();
}

Status Session::AllocatePixels() {
  const size_t input_bytes = *CheckedProduct({options_.width, options_.height, kBytesPerPixel});
  const size_t output_bytes =
      *CheckedProduct({options_.width, options_.height, scale_, scale_, kBytesPerPixel});
  auto input = AlignedBuffer::Allocate(input_bytes);
  auto output = AlignedBuffer::Allocate(output_bytes);
  if (!input || !output) {
    return Status(StatusCode::kOutOfMemory, "no memory for a tile's pixels (" +
                                                std::to_string(input_bytes + output_bytes) +
                                                " bytes): choose a smaller tile");
  }
  input_ = std::move(*input);
  output_ = std::move(*output);
  std::fill_n(input_.as<uint8_t>(), input_bytes, uint8_t{0});
  return Status::Ok();
}

Status Session::PrepareAlpha() {
  TESSERA_ASSIGN_OR_RETURN(
      alpha_resizer_, BicubicResizer::Create(options_.width, options_.height,
                                             options_.width * scale_, options_.height * scale_));
  // Reserved here so that no run allocates.
  const size_t pixels = static_cast<size_t>(options_.width * options_.height);
  bleed_scratch_.known.reserve(pixels);
  bleed_scratch_.next.reserve(pixels);
  return Status::Ok();
}

Status Session::Run(RunContext* context) {
  if (alpha_resizer_) {
    BleedColor(input_.as<uint8_t>(), options_.width, options_.height, bleed_scratch_);
  }
  if (auto* engine = std::get_if<FloatEngine>(&engine_)) {
    TESSERA_RETURN_IF_ERROR(engine->Run(context));
  } else {
    TESSERA_RETURN_IF_ERROR(std::get<int8::Executor>(engine_).Run(context));
  }
  if (alpha_resizer_) {
    alpha_resizer_->Run(input_.as<uint8_t>() + kColors, kBytesPerPixel,
                        output_.as<uint8_t>() + kColors, kBytesPerPixel);
  }
  return Status::Ok();
}

size_t Session::memory_bytes() const {
  const auto* engine = std::get_if<FloatEngine>(&engine_);
  const size_t engine_bytes =
      engine ? engine->memory_bytes() : std::get<int8::Executor>(engine_).memory_bytes();
  return engine_bytes + input_.size() + output_.size() + bleed_scratch_.known.capacity() +
         bleed_scratch_.next.capacity() + (alpha_resizer_ ? alpha_resizer_->memory_bytes() : 0);
}

}  // namespace tessera
