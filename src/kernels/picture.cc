#include "kernels/picture.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tessera {
namespace {

constexpr int64_t kRgb = 3;
constexpr int64_t kRgba = 4;
// The luma of differences from the luma is 0, which gives green's: BT.601's weights of R, B and G.
constexpr float kGreenFromRed = -65.481f / 128.553f;
constexpr float kGreenFromBlue = -24.966f / 128.553f;
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

// std::max first, so that a NaN becomes 0 rather than an undefined conversion.
uint32_t RoundToByte(float value) {
  return static_cast<uint32_t>(std::nearbyint(std::min(std::max(0.0f, value), 255.0f)));
}

}  // namespace

void WriteLumaRow(const LumaRow& shape, const float* values, const float* red, const float* blue,
                  uint8_t* rgba) {
  for (int64_t x = 0; x < shape.width; ++x) {
    for (int64_t p = 0; p < shape.scale; ++p, ++values, rgba += kRgba) {
      const float luma = (*values - shape.low) * shape.to_byte;
      const float r = red[p * shape.width + x];
      const float b = blue[p * shape.width + x];
      const float g = r * kGreenFromRed + b * kGreenFromBlue;
      const uint32_t pixel = kOpaque | RoundToByte(luma + r) | RoundToByte(luma + g) << 8 |
                             RoundToByte(luma + b) << 16;
      std::memcpy(rgba, &pixel, sizeof(pixel));
    }
  }
}

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
