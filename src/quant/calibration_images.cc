#include "quant/calibration_images.h"

#include <optional>
#include <string>
#include <utility>

#include "core/checked_math.h"
#include "engine/pixels.h"

namespace tessera {

CalibrationImages::CalibrationImages(const ModelInfo& info)
    : info_(info), byte_to_float_(InputValues(info)) {}

Status CalibrationImages::Add(std::span<const uint8_t> rgba, int64_t width, int64_t height) {
  constexpr int64_t kRgba = 4;
  const std::optional<size_t> bytes = CheckedProduct({width, height, kRgba});
  if (width < 1 || height < 1 || !bytes || *bytes != rgba.size()) {
    return Status(StatusCode::kInvalidArgument,
                  std::to_string(rgba.size()) + " bytes are not an RGBA image of " +
                      std::to_string(width) + "x" + std::to_string(height) + " pixels");
  }
  const size_t pixels = *bytes / kRgba;
  auto rgb = AlignedBuffer::Allocate(pixels * kColors);
  if (!rgb) {
    return Status(StatusCode::kOutOfMemory, "no memory for calibration image " +
                                                std::to_string(count() + 1) +
                                                ": use fewer or smaller ones");
  }
  for (size_t i = 0; i < pixels; ++i) {
    for (size_t c = 0; c < kColors; ++c) {
      rgb->as<uint8_t>()[i * kColors + c] = rgba[i * kRgba + c];
    }
  }
  images_.push_back({std::move(*rgb), width, height});
  return Status::Ok();
}

void CalibrationImages::Write(size_t image, Tensor input) const {
  const uint8_t* pixel = images_[image].rgb.as<uint8_t>();
  float* out = input.data;
  for (int64_t i = 0; i < input.pixels(); ++i, pixel += kColors, out += kColors) {
    for (int64_t c = 0; c < kColors; ++c) {
      const int64_t channel = NetworkChannel(info_, c);
      out[channel] = byte_to_float_[static_cast<size_t>(channel)][pixel[c]];
    }
  }
}

}  // namespace tessera
