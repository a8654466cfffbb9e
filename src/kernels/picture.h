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

/// A row of an enlarged picture of which a network made the luma: (value - low) * to_byte, 0..255.
struct LumaRow {
  int64_t width = 0;  // input pixels
  int64_t scale = 1;
  float low = 0.0f;
  float to_byte = 255.0f;
};

/// Writes width * scale opaque RGBA pixels. `red` and `blue` are those colours' differences from
/// the luma, [scale][width]: output pixel x * scale + p has red[p * width + x]. Rounds once, half
/// to even.
void WriteLumaRow(const LumaRow& shape, const float* values, const float* red, const float* blue,
                  uint8_t* rgba);

}  // namespace tessera

#endif  // TESSERA_KERNELS_PICTURE_H_
