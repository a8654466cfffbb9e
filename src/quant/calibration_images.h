#ifndef TESSERA_QUANT_CALIBRATION_IMAGES_H_
#define TESSERA_QUANT_CALIBRATION_IMAGES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/status.h"
#include "engine/pixels.h"
#include "engine/step.h"

namespace tessera {

/// The images a network is calibrated on, kept as bytes.
class CalibrationImages {
 public:
  /// `reader` knows what bytes mean to the network.
  explicit CalibrationImages(PixelReader reader) : reader_(reader) {}

  /// Copies height x width RGBA pixels. Errors: kInvalidArgument when the extents
  /// are not positive or do not fit the span, kOutOfMemory.
  Status Add(std::span<const uint8_t> rgba, int64_t width, int64_t height);

  size_t count() const { return images_.size(); }
  int64_t width(size_t image) const { return images_[image].width; }
  int64_t height(size_t image) const { return images_[image].height; }

  /// Writes an image as the network's input, a tensor of its extents.
  void Write(size_t image, Tensor input) const;

 private:
  struct Image {
    AlignedBuffer rgba;
    int64_t width = 0;
    int64_t height = 0;
  };

  PixelReader reader_;
  std::vector<Image> images_;
};

}  // namespace tessera

#endif  // TESSERA_QUANT_CALIBRATION_IMAGES_H_
