#include "image/alpha.h"

#include <algorithm>
#include <array>

namespace tessera {
namespace {

struct Neighbourhood {
  std::array<int, 3> sum = {0, 0, 0};
  int count = 0;
};

Neighbourhood SumKnownNeighbours(const uint8_t* rgba, const std::vector<uint8_t>& known,
                                 int64_t width, int64_t height, int64_t x, int64_t y) {
  Neighbourhood result;
  for (int64_t ny = std::max<int64_t>(y - 1, 0); ny <= std::min(y + 1, height - 1); ++ny) {
    for (int64_t nx = std::max<int64_t>(x - 1, 0); nx <= std::min(x + 1, width - 1); ++nx) {
      const int64_t pixel = ny * width + nx;
      if (!known[static_cast<size_t>(pixel)]) continue;
      for (size_t c = 0; c < 3; ++c) result.sum[c] += rgba[4 * pixel + static_cast<int64_t>(c)];
      ++result.count;
    }
  }
  return result;
}

// Fills the ring of unknown pixels that touch a known one. Returns whether it filled any.
bool FillOneRing(uint8_t* rgba, int64_t width, int64_t height, const std::vector<uint8_t>& known,
                 std::vector<uint8_t>& next) {
  bool filled = false;
  next = known;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const int64_t pixel = y * width + x;
      if (known[static_cast<size_t>(pixel)]) continue;
      const Neighbourhood around = SumKnownNeighbours(rgba, known, width, height, x, y);
      if (around.count == 0) continue;
      for (size_t c = 0; c < 3; ++c) {
        rgba[4 * pixel + static_cast<int64_t>(c)] =
            static_cast<uint8_t>((around.sum[c] + around.count / 2) / around.count);
      }
      next[static_cast<size_t>(pixel)] = 1;
      filled = true;
    }
  }
  return filled;
}

}  // namespace

bool HasTransparentPixel(const uint8_t* rgba, int64_t pixels) {
  for (int64_t i = 0; i < pixels; ++i) {
    if (rgba[4 * i + 3] == 0) return true;
  }
  return false;
}

void BleedColor(uint8_t* rgba, int64_t width, int64_t height, BleedScratch& scratch) {
  const int64_t pixels = width * height;
  if (!HasTransparentPixel(rgba, pixels)) return;
  scratch.known.resize(static_cast<size_t>(pixels));
  for (int64_t i = 0; i < pixels; ++i) scratch.known[static_cast<size_t>(i)] = rgba[4 * i + 3] != 0;
  for (int64_t ring = 0; ring < kBleedRadius; ++ring) {
    if (!FillOneRing(rgba, width, height, scratch.known, scratch.next)) return;
    std::swap(scratch.known, scratch.next);
  }
}

}  // namespace tessera
