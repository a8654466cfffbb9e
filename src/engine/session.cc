#include "engine/session.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/checked_math.h"
#include "engine/color.h"

namespace tessera {
namespace {

constexpr int64_t kChannels = kColorChannels;
constexpr int64_t kBytesPerPixel = 4;

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

int64_t RequiredOverlap(const TilingFacts& tiling, bool alpha) {
  if (!alpha) return tiling.overlap;
  const int64_t reach = std::max(tiling.overlap + kBleedRadius, BicubicResizer::kEnlargingRadius);
  return RoundUp(reach, tiling.size_multiple);
}

Session::Session(FloatExecutor executor, const Model& model, const SessionOptions& options)
    : executor_(std::move(executor)),
      options_(options),
      info_(model.graph.info),
      scale_(model.tiling.scale),
      byte_to_float_(ByteToFloat(info_)) {}

Result<Session> Session::Create(const Model& model, const SessionOptions& options) {
  TESSERA_RETURN_IF_ERROR(CheckExtents(model, options));
  TESSERA_ASSIGN_OR_RETURN(
      FloatExecutor executor,
      FloatExecutor::Create(model.graph, options.height, options.width, options.threads));
  if (executor.input().channels != kChannels || executor.output().channels != kChannels) {
    return Status(StatusCode::kUnsupported,
                  "the network maps " + std::to_string(executor.input().channels) +
                      " channels to " + std::to_string(executor.output().channels) +
                      "; only RGB to RGB networks are supported");
  }
  Session session(std::move(executor), model, options);
  TESSERA_RETURN_IF_ERROR(session.AllocatePixels());
  if (options.alpha) TESSERA_RETURN_IF_ERROR(session.PrepareAlpha());
  return session;
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
  if (options_.alpha) {
    BleedColor(input_.as<uint8_t>(), options_.width, options_.height, bleed_scratch_);
  }
  ReadColor();
  TESSERA_RETURN_IF_ERROR(executor_.Run(context));
  WriteColor();
  WriteAlpha();
  return Status::Ok();
}

void Session::ReadColor() {
  const Tensor tensor = executor_.input();
  const uint8_t* pixel = input_.as<uint8_t>();
  float* out = tensor.data;
  for (int64_t i = 0; i < tensor.pixels(); ++i, pixel += kBytesPerPixel, out += kChannels) {
    for (int64_t c = 0; c < kChannels; ++c) {
      const int64_t channel = NetworkChannel(info_, c);
      out[channel] = byte_to_float_[static_cast<size_t>(channel)][pixel[c]];
    }
  }
}

void Session::WriteColor() {
  const Tensor tensor = executor_.output();
  const auto [low, high] = info_.output_range;
  const float to_byte = 255.0f / (high - low);
  const float* in = tensor.data;
  uint8_t* pixel = output_.as<uint8_t>();
  for (int64_t i = 0; i < tensor.pixels(); ++i, pixel += kBytesPerPixel, in += kChannels) {
    for (int64_t c = 0; c < kChannels; ++c) {
      const float value = (in[NetworkChannel(info_, c)] - low) * to_byte;
      // std::max first, so that a NaN becomes 0 rather than an undefined conversion.
      pixel[c] = static_cast<uint8_t>(std::nearbyint(std::min(std::max(0.0f, value), 255.0f)));
    }
  }
}

void Session::WriteAlpha() {
  uint8_t* alpha = output_.as<uint8_t>() + 3;
  if (alpha_resizer_) {
    alpha_resizer_->Run(input_.as<uint8_t>() + 3, kBytesPerPixel, alpha, kBytesPerPixel);
    return;
  }
  const int64_t pixels = executor_.output().pixels();
  for (int64_t i = 0; i < pixels; ++i) alpha[i * kBytesPerPixel] = 255;
}

size_t Session::memory_bytes() const {
  return executor_.memory_bytes() + input_.size() + output_.size() +
         bleed_scratch_.known.capacity() + bleed_scratch_.next.capacity() +
         (alpha_resizer_ ? alpha_resizer_->memory_bytes() : 0);
}

}  // namespace tessera
