#ifndef TESSERA_KERNELS_PICTURE_H_
#define TESSERA_KERNELS_PICTURE_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace tessera {

/// How the last convolution's rows lie between its kernel and the picture: each input pixel has
/// `block` * `block` output pixels, row by row, each R, G, B; from one input pixel to the next are
/// `pixel` elements, a multiple of four.
struct PictureLine {
  int64_t width = 0;  // input pixels
  int64_t block = 1;
  int64_t pixel = 0;
};

/// What each byte of R, G and B becomes.
using ColorTables = std::array<const float*, 3>;

/// Writes each of `width` RGBA pixels to all its places in `line`: the nearest-upsampled picture.
void RepeatPicture(const PictureLine& shape, const uint8_t* rgba, const ColorTables& tables,
                   float* line);

/// Writes the bytes of `line` as `block` rows of opaque RGBA, `row_bytes` apart. Reads one byte
/// past the last pixel.
void SpreadPicture(const PictureLine& shape, const uint8_t* line, uint8_t* rgba,
                   ptrdiff_t row_bytes);

}  // namespace tessera

#endif  // TESSERA_KERNELS_PICTURE_H_
