#include "engine/session.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/checked_math.h"
#include "core/number_text.h"
#include "engine/int8/lower.h"
#include "engine/picture_steps.h"
#include "graph/infer_row_shapes.h"
#include "graph/picture_format.h"
#include "kernels/kernel_set.h"

namespace tessera {
namespace {

int64_t RoundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

std::string Named(const SessionOptions& options) {
  return "a tile of " + std::to_string(options.width) + "x" + std::to_string(options.height) +
         " pixels";
}

Status CheckExtents(const TilingFacts& tiling, const SessionOptions& options) {
  const int64_t multiple = tiling.whole_multiple;
  const int64_t smallest = std::max(tiling.smallest, multiple);
  if (options.width < smallest || options.height < smallest || options.width % multiple != 0 ||
      options.height % multiple != 0) {
    return Status(StatusCode::kInvalidArgument, Named(options) + ": extents must be multiples of " +
                                                    std::to_string(multiple) + " and at least " +
                                                    std::to_string(smallest));
  }
  const int64_t enlarged = tiling.scale.Ceil();
  const int64_t rows = options.rows > 0 ? options.rows : options.height;
  if (!CheckedProduct({options.width, rows, enlarged, enlarged, kBytesPerPixel})) {
    return Status(StatusCode::kImageTooLarge, Named(options) + " does not fit the address space");
  }
  return Status::Ok();
}

}  // namespace

int64_t RequiredOverlap(const Model& model, bool alpha) {
  const auto format = PictureFormatOf(model.graph);
  const TilingFacts& tiling = model.tiling;
  int64_t reach = tiling.overlap;
  const int64_t bicubic = tiling.margin + BicubicResizer::kEnlargingRadius;
  if (format.ok() && format->needs_colors()) reach = std::max(reach, bicubic);
  if (alpha && !(format.ok() && format->has_alpha())) {
    reach = std::max(reach + kBleedRadius, bicubic);
  }
  return RoundUp(reach, tiling.size_multiple);
}

Result<Session> Session::Create(const Model& model, const SessionOptions& options) {
  TESSERA_RETURN_IF_ERROR(CheckExtents(model.tiling, options));
  TESSERA_ASSIGN_OR_RETURN(const PictureFormat format, PictureFormatOf(model.graph));
  if (format.needs_colors() && !model.tiling.scale.IsWhole()) {
    return Status(StatusCode::kUnsupported,
                  "a network of luma that enlarges by " +
                      NumberText(model.tiling.scale.ToDouble()) +
                      "; colours are enlarged beside it by whole numbers only");
  }
  if (options.rows > 0 && options.alpha && !format.has_alpha()) {
    return Status(StatusCode::kUnsupported, "alpha beside rows that flow is the caller's");
  }
  TESSERA_ASSIGN_OR_RETURN(const Graph graph, GraphFor(model, options.height, options.width));
  Session session(model.tiling, options);
  TESSERA_RETURN_IF_ERROR(session.CheckOutput(graph));
  if (options.rows == 0) TESSERA_RETURN_IF_ERROR(session.AllocatePixels());
  TESSERA_RETURN_IF_ERROR(session.PrepareEngine(graph));
  // A network with a channel for alpha sees the picture as it is, and makes alpha itself.
  if (options.alpha && !format.has_alpha()) TESSERA_RETURN_IF_ERROR(session.PrepareAlpha());
  return session;
}

// The network writes into a buffer of this size.
Status Session::CheckOutput(const Graph& graph) const {
  Graph shaped = graph;
  const auto infer = options_.rows > 0 ? InferRowShapes : InferShapes;
  TESSERA_RETURN_IF_ERROR(infer(shaped, options_.height, options_.width));
  const Shape& output = shaped.value(shaped.output).shape;
  if (output[2] == OutputExtent(options_.height) && output[3] == OutputExtent(options_.width)) {
    return Status::Ok();
  }
  return Status(StatusCode::kInvalidArgument, "the network makes " + std::to_string(output[3]) +
                                                  "x" + std::to_string(output[2]) + " pixels of " +
                                                  Named(options_) + ", not an enlargement by " +
                                                  NumberText(scale_.ToDouble()));
}

Status Session::PrepareEngine(const Graph& graph) {
  const PixelBuffers pixels = {input_.as<uint8_t>(), output_.as<uint8_t>(), options_.alpha,
                               margin_};
  const KernelSet& kernels = options_.kernels ? *options_.kernels : BestKernels();
  if (options_.rows > 0) {
    TESSERA_ASSIGN_OR_RETURN(
        engine_, int8::Executor::CreateRows(graph, options_.height, options_.width, options_.alpha,
                                            options_.rows, kernels, options_.threads));
    return Status::Ok();
  }
  if (int8::HasQuantization(graph)) {
    TESSERA_ASSIGN_OR_RETURN(engine_,
                             int8::Executor::Create(graph, options_.height, options_.width, pixels,
                                                    scale_.Floor(), kernels, options_.threads));
    return Status::Ok();
  }
  TESSERA_ASSIGN_OR_RETURN(
      FloatExecutor executor,
      FloatExecutor::Create(graph, options_.height, options_.width, options_.threads));
  TESSERA_ASSIGN_OR_RETURN(const PictureFormat format, PictureFormatOf(graph));
  StepPtr read = MakeReadFloatsStep(graph.info, format, pixels, executor.input());
  TESSERA_ASSIGN_OR_RETURN(StepPtr write, MakeWriteFloatsStep(graph.info, format, pixels,
                                                              executor.output(), scale_.Floor()));
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

Result<double> Session::FloatEngine::RunFor(double milliseconds) {
  TESSERA_ASSIGN_OR_RETURN(const double done, executor.RunFor(milliseconds));
  if (done == 1.0) TESSERA_RETURN_IF_ERROR(write->Run());
  return done;
}

std::span<uint8_t> Session::input() {
  const auto* codes = std::get_if<int8::Executor>(&engine_);
  if (codes && codes->passes()) return codes->passes()->Next();
  return {input_.as<uint8_t>(), input_.size()};
}

std::span<const uint8_t> Session::output() const {
  const auto* codes = std::get_if<int8::Executor>(&engine_);
  if (codes && codes->passes()) return codes->passes()->Finished();
  return {output_.as<uint8_t>(), output_.size()};
}

Status Session::AllocatePixels() {
  const size_t input_bytes = *CheckedProduct({options_.width, options_.height, kBytesPerPixel});
  const size_t output_bytes = *CheckedProduct(
      {OutputExtent(options_.width), OutputExtent(options_.height), kBytesPerPixel});
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
  const int64_t width = options_.width - 2 * margin_;
  const int64_t height = options_.height - 2 * margin_;
  TESSERA_ASSIGN_OR_RETURN(alpha_resizer_,
                           BicubicResizer::Create(width, height, OutputExtent(options_.width),
                                                  OutputExtent(options_.height)));
  // Reserved here so that no run allocates.
  const size_t pixels = static_cast<size_t>(options_.width * options_.height);
  bleed_scratch_.known.reserve(pixels);
  bleed_scratch_.next.reserve(pixels);
  inner_alpha_.resize(static_cast<size_t>(width * height));
  return Status::Ok();
}

void Session::Begin() {
  if (!alpha_resizer_) return;
  BleedColor(input_.as<uint8_t>(), options_.width, options_.height, bleed_scratch_);
}

void Session::Finish() {
  begun_ = false;
  if (alpha_resizer_) ResizeAlpha();
}

Status Session::Run(RunContext* context) {
  Begin();
  begun_ = false;
  if (auto* engine = std::get_if<FloatEngine>(&engine_)) {
    TESSERA_RETURN_IF_ERROR(engine->Run(context));
  } else {
    TESSERA_RETURN_IF_ERROR(std::get<int8::Executor>(engine_).Run(context));
  }
  Finish();
  return Status::Ok();
}

void Session::Restart() {
  begun_ = false;
  if (auto* engine = std::get_if<FloatEngine>(&engine_)) engine->executor.Restart();
  if (auto* codes = std::get_if<int8::Executor>(&engine_)) codes->Restart();
}

Result<double> Session::RunFor(double milliseconds) {
  auto* engine = std::get_if<FloatEngine>(&engine_);
  if (!begun_) {
    Begin();
    if (engine) TESSERA_RETURN_IF_ERROR(engine->read->Run());
    begun_ = true;
  }
  Result<double> done = engine ? engine->RunFor(milliseconds)
                               : std::get<int8::Executor>(engine_).RunFor(milliseconds);
  if (!done.ok()) begun_ = false;
  if (done.ok() && *done == 1.0) Finish();
  return done;
}

void Session::ResizeAlpha() {
  const uint8_t* alpha = input_.as<uint8_t>() + kColors;
  size_t i = 0;
  for (int64_t y = margin_; y < options_.height - margin_; ++y) {
    for (int64_t x = margin_; x < options_.width - margin_; ++x) {
      inner_alpha_[i++] = alpha[(y * options_.width + x) * kBytesPerPixel];
    }
  }
  alpha_resizer_->Run(inner_alpha_.data(), 1, output_.as<uint8_t>() + kColors, kBytesPerPixel);
}

size_t Session::memory_bytes() const {
  const auto* engine = std::get_if<FloatEngine>(&engine_);
  const size_t engine_bytes =
      engine ? engine->memory_bytes() : std::get<int8::Executor>(engine_).memory_bytes();
  return engine_bytes + input_.size() + output_.size() + bleed_scratch_.known.capacity() +
         bleed_scratch_.next.capacity() + inner_alpha_.capacity() +
         (alpha_resizer_ ? alpha_resizer_->memory_bytes() : 0);
}

}  // namespace tessera
