#ifndef TESSERA_ENGINE_LUMA_H_
#define TESSERA_ENGINE_LUMA_H_

#include <cstdint>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/status.h"
#include "engine/pixels.h"
#include "graph/graph.h"
#include "graph/picture_format.h"
#include "image/bicubic.h"

namespace tessera {

/// Makes the picture of what a network of one channel returns: its luma, and the colours of the
/// input enlarged bicubically. With L the luma in full range, R - L and B - L are Cr and Cb but for
/// a factor, so that each colour is the network's L plus its own enlarged difference. Only the
/// result is rounded. A grey network's picture has no differences.
class LumaWriter {
 public:
  /// `width` x `height` input pixels inside the margins, enlarged by `scale`; rows are written by
  /// up to `parts` threads. Errors: kOutOfMemory.
  static Result<LumaWriter> Create(const ModelInfo& info, const PictureFormat& format,
                                   const PixelBuffers& pixels, int64_t width, int64_t height,
                                   int64_t scale, size_t parts);

  /// Reads the input's colours. To be called before the rows of each run.
  void Begin();

  /// Writes row `y` of the output, opaque; `values` are the network's, width * scale of them.
  void WriteRow(int64_t y, const float* values, size_t part);

  size_t memory_bytes() const;

 private:
  // One colour's differences in a row of the output, [scale][width], and what finding them needs.
  struct Scratch {
    std::vector<float> row;
    std::vector<float> red;
    std::vector<float> blue;
  };

  LumaWriter(const OutputRange& range, const PixelBuffers& pixels, int64_t width, int64_t height,
             int64_t scale)
      : range_(range),
        pixels_(pixels),
        width_(width),
        height_(height),
        scale_(scale),
        enlarger_(width, height, scale) {}

  void WriteGray(const float* values, uint8_t* pixel) const;

  OutputRange range_;
  PixelBuffers pixels_;
  int64_t width_;
  int64_t height_;
  int64_t scale_;
  BicubicRows enlarger_;
  AlignedBuffer differences_;     // red's, then blue's: [height][width] each; empty for grey
  std::vector<Scratch> scratch_;  // per part
};

}  // namespace tessera

#endif  // TESSERA_ENGINE_LUMA_H_
