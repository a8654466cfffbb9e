#include "quant/calibration_images.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/checked_math.h"

namespace tessera {

Status CalibrationImages::Add(std::span<const uint8_t> rgba, int64_t width, int64_t height) {
  constexpr int64_t kRgba = 4;
  const std::optional<size_t> bytes = CheckedProduct({width, height, kRgba});
  if (width < 1 || height < 1 || !bytes || *bytes != rgba.size()) {
    return Status(StatusCode::kInvalidArgument,
                  std::to_string(rgba.size()) + " bytes are not an RGBA image of " +
                      std::to_string(width) + "x" + std::to_string(height) + " pixels");
  }
  auto copy = AlignedBuffer::Allocate(*bytes);
  if (!copy) {
    return Status(StatusCode::kOutOfMemory, "no memory for calibration image " +
                                                std::to_string(count() + 1) +
                                                ": use fewer or smaller ones");
  }
  std::copy(rgba.begin(), rgba.end(), copy->as<uint8_t>());
  images_.push_back({std::move(*copy), width, height});
  return Status::Ok();
}

void CalibrationImages::Write(size_t image, Tensor input) const {
  reader_.Read(images_[image].rgba.as<uint8_t>(), input.pixels(), /*alpha=*/true, input.data);
}

}  // namespace tessera
