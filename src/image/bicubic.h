#ifndef TESSERA_IMAGE_BICUBIC_H_
#define TESSERA_IMAGE_BICUBIC_H_

#include <array>
#include <cstdint>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/status.h"

namespace tessera {

/// A stretch of an axis, in samples.
struct AxisSpan {
  int64_t first = 0;
  int64_t count = 0;
};

/// A rectangle, in pixels.
struct PixelRectangle {
  AxisSpan across;
  AxisSpan down;
};

/// Where one output sample of one axis reads from: `taps` consecutive input samples starting at
/// `first`, which may lie outside the axis and is then mirrored (the edge sample included).
struct ResamplingAxis {
  int64_t input_size = 0;
  int64_t output_size = 0;
  int64_t taps = 0;
  // [output_size][taps], already mirrored into the axis, counted from the part of it that is there.
  std::vector<int64_t> indices;
  std::vector<double> weights;  // [output_size][taps], each row sums to 1
};

/// Bicubic resampling as MATLAB's imresize does it: Keys' cubic with a = -0.5 (Keys, "Cubic
/// convolution interpolation for digital image processing", 1981), half-pixel centres, the kernel
/// widened when reducing (antialiasing), mirrored borders, one rounding at the end.
///
/// The weights of an output sample depend only on its phase, computed in integers. So a tile whose
/// origin keeps the phase gives the same bytes as the whole image.
class BicubicResizer {
 public:
  /// Prepares for one pair of shapes, in pixels. Errors: kInvalidArgument (an extent below 1),
  /// kImageTooLarge, kOutOfMemory.
  static Result<BicubicResizer> Create(int64_t width, int64_t height, int64_t output_width,
                                       int64_t output_height);

  /// Prepares for a part of such a resize: from the pixels `input` of the whole input come the
  /// pixels `output` of the whole output, the same as if all were resized. Errors: as above, and
  /// kInvalidArgument when `input` lacks pixels that `output` depends on.
  static Result<BicubicResizer> CreatePart(int64_t width, int64_t height,
                                           const PixelRectangle& input, int64_t output_width,
                                           int64_t output_height, const PixelRectangle& output);

  /// Resizes one channel of interleaved 8-bit pixels. `source` and `destination` point at the
  /// channel's first sample; the strides are the distances between neighbouring pixels in bytes.
  /// Allocates nothing.
  void Run(const uint8_t* source, int64_t source_stride, uint8_t* destination,
           int64_t destination_stride);

  /// Input samples on each side that an output sample may depend on when enlarging.
  static constexpr int64_t kEnlargingRadius = 2;

  size_t memory_bytes() const { return rows_.size(); }

 private:
  BicubicResizer() = default;

  ResamplingAxis horizontal_;
  ResamplingAxis vertical_;
  AlignedBuffer rows_;  // float [output_height][input_width], after the vertical pass
};

/// Enlarges a plane of floats by a whole factor, as BicubicResizer does it but without rounding,
/// one row at a time. Sums are float32, in an order that does not depend on where a pixel lies.
class BicubicRows {
 public:
  BicubicRows(int64_t width, int64_t height, int64_t scale);

  /// Elements that Run needs as `scratch`.
  int64_t scratch_size() const;

  /// Row `y` of the enlarged plane. `out` is [scale][width]: element x * scale + p of the row is
  /// out[p * width + x]. `plane` is [height][width].
  void Run(const float* plane, int64_t y, float* scratch, float* out) const;

 private:
  // The weights of the four samples that begin `first` from the enlarged one's own.
  struct Phase {
    int64_t first = 0;
    std::array<float, 4> weights = {};
  };

  int64_t width_;
  int64_t height_;
  std::vector<Phase> phases_;  // scale of them
};

/// Resizes all `channels` channels of a part of an interleaved 8-bit image. `source` has the pixels
/// `input` alone, and `destination` gets the pixels `output`. Errors as CreatePart.
Status ResizePartBicubic(const uint8_t* source, int64_t width, int64_t height,
                         const PixelRectangle& input, int64_t channels, uint8_t* destination,
                         int64_t output_width, int64_t output_height, const PixelRectangle& output);

/// Resizes all `channels` channels of an interleaved 8-bit image. Errors as Create.
Status ResizeBicubic(const uint8_t* source, int64_t width, int64_t height, int64_t channels,
                     uint8_t* destination, int64_t output_width, int64_t output_height);

}  // namespace tessera

#endif  // TESSERA_IMAGE_BICUBIC_H_
