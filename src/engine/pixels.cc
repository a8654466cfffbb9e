#include "engine/pixels.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

namespace tessera {
namespace {

class ReadFloatsStep final : public Step {
 public:
  ReadFloatsStep(const ModelInfo& info, const PixelBuffers& pixels, Tensor output)
      : values_(InputValues(info)), info_(info), pixels_(pixels), output_(output) {}

  Status Run() override {
    const uint8_t* pixel = pixels_.input;
    float* out = output_.data;
    for (int64_t i = 0; i < output_.pixels(); ++i, pixel += kBytesPerPixel, out += kColors) {
      for (int64_t c = 0; c < kColors; ++c) {
        const int64_t channel = NetworkChannel(info_, c);
        out[channel] = values_[static_cast<size_t>(channel)][pixel[c]];
      }
    }
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  ByteValues values_;
  ModelInfo info_;
  PixelBuffers pixels_;
  Tensor output_;
};

class WriteFloatsStep final : public Step {
 public:
  WriteFloatsStep(const ModelInfo& info, const PixelBuffers& pixels, Tensor input)
      : range_(OutputRangeOf(info)), info_(info), pixels_(pixels), input_(input) {}

  Status Run() override {
    const float* in = input_.data;
    uint8_t* pixel = pixels_.output;
    for (int64_t i = 0; i < input_.pixels(); ++i, pixel += kBytesPerPixel, in += kColors) {
      for (int64_t c = 0; c < kColors; ++c) {
        pixel[c] = OutputByte(range_, in[NetworkChannel(info_, c)]);
      }
      pixel[kColors] = 255;
    }
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  OutputRange range_;
  ModelInfo info_;
  PixelBuffers pixels_;
  Tensor input_;
};

}  // namespace

Status CheckColors(int64_t inputs, int64_t outputs) {
  if (inputs == kColors && outputs == kColors) return Status::Ok();
  return Status(StatusCode::kUnsupported, "the network maps " + std::to_string(inputs) +
                                              " channels to " + std::to_string(outputs) +
                                              "; only RGB to RGB networks are supported");
}

ByteValues InputValues(const ModelInfo& info) {
  const auto [low, high] = info.input_range;
  ByteValues values;
  for (size_t c = 0; c < kColors; ++c) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const float value = low + static_cast<float>(byte) / 255.0f * (high - low);
      values[c][byte] = (value - info.mean[c]) / info.stddev[c];
    }
  }
  return values;
}

OutputRange OutputRangeOf(const ModelInfo& info) {
  const auto [low, high] = info.output_range;
  return {low, 255.0f / (high - low)};
}

uint8_t OutputByte(const OutputRange& range, float x) {
  const float value = (x - range.low) * range.to_byte;
  // std::max first, so that a NaN becomes 0 rather than an undefined conversion.
  return static_cast<uint8_t>(std::nearbyint(std::min(std::max(0.0f, value), 255.0f)));
}

StepPtr MakeReadFloatsStep(const ModelInfo& info, const PixelBuffers& pixels, Tensor output) {
  return std::make_unique<ReadFloatsStep>(info, pixels, output);
}

StepPtr MakeWriteFloatsStep(const ModelInfo& info, const PixelBuffers& pixels, Tensor input) {
  return std::make_unique<WriteFloatsStep>(info, pixels, input);
}

}  // namespace tessera
