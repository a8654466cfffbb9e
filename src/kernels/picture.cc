#include "kernels/picture.h"

#include <cstring>

namespace tessera {
namespace {

constexpr int64_t kRgb = 3;
constexpr int64_t kRgba = 4;
constexpr uint32_t kOpaque = 0xFF000000u;  // the fourth byte: wasm and its hosts are little-endian

// The block as a constant lets the compiler unroll the loop over a row of phases.
template <int64_t kBlock>
void SpreadRow(const PictureLine& shape, const uint8_t* in, uint8_t* out) {
  for (int64_t x = 0; x < shape.width; ++x, in += shape.pixel, out += kBlock * kRgba) {
    for (int64_t dx = 0; dx < kBlock; ++dx) {
      uint32_t rgba;
      std::memcpy(&rgba, in + dx * kRgb, sizeof(rgba));
      rgba |= kOpaque;
      std::memcpy(out + dx * kRgba, &rgba, sizeof(rgba));
    }
  }
}

void SpreadRow(const PictureLine& shape, const uint8_t* in, uint8_t* out) {
  switch (shape.block) {
    case 1:
      return SpreadRow<1>(shape, in, out);
    case 2:
      return SpreadRow<2>(shape, in, out);
    case 3:
      return SpreadRow<3>(shape, in, out);
    case 4:
      return SpreadRow<4>(shape, in, out);
    default:
      break;
  }
  for (int64_t x = 0; x < shape.width; ++x, in += shape.pixel, out += shape.block * kRgba) {
    SpreadRow<1>({.width = shape.block, .block = 1, .pixel = kRgb}, in, out);
  }
}

}  // namespace

void RepeatPicture(const PictureLine& shape, const uint8_t* rgba, const ColorTables& tables,
                   float* line) {
  for (int64_t x = 0; x < shape.width; ++x, rgba += kRgba) {
    const float r = tables[0][rgba[0]];
    const float g = tables[1][rgba[1]];
    const float b = tables[2][rgba[2]];
    // Four pixels are three vectors of four, which then repeat.
    const float period[] = {r, g, b, r, g, b, r, g, b, r, g, b};
    int64_t left = shape.pixel;
    for (; left >= 12; left -= 12, line += 12) std::memcpy(line, period, sizeof(period));
    for (int64_t i = 0; i < left; ++i) line[i] = period[i];
    line += left;
  }
}

void SpreadPicture(const PictureLine& shape, const uint8_t* line, uint8_t* rgba,
                   ptrdiff_t row_bytes) {
  for (int64_t dy = 0; dy < shape.block; ++dy) {
    SpreadRow(shape, line + dy * shape.block * kRgb, rgba + dy * row_bytes);
  }
}

}  // namespace tessera
