#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/alpha.h"

namespace tessera {
namespace {

using Pixel = std::array<uint8_t, 4>;

std::vector<uint8_t> Fill(int64_t pixels, Pixel pixel) {
  std::vector<uint8_t> image;
  for (int64_t i = 0; i < pixels; ++i) image.insert(image.end(), pixel.begin(), pixel.end());
  return image;
}

Pixel At(const std::vector<uint8_t>& image, int64_t pixel) {
  const uint8_t* p = &image[static_cast<size_t>(4 * pixel)];
  return {p[0], p[1], p[2], p[3]};
}

TEST_CASE("alpha: colour bleeds exactly kBleedRadius pixels, alpha stays") {
  constexpr int64_t kWidth = 2 * kBleedRadius;
  std::vector<uint8_t> image = Fill(kWidth, {0, 0, 0, 0});
  image[0] = 200;
  image[1] = 100;
  image[2] = 50;
  image[3] = 1;  // nearly transparent still counts as visible
  BleedScratch scratch;
  BleedColor(image.data(), kWidth, 1, scratch);
  CHECK(At(image, 0) == Pixel{200, 100, 50, 1});
  CHECK(At(image, 1) == Pixel{200, 100, 50, 0});
  CHECK(At(image, kBleedRadius) == Pixel{200, 100, 50, 0});
  CHECK(At(image, kBleedRadius + 1) == Pixel{0, 0, 0, 0});
}

TEST_CASE("alpha: opaque and empty images are left alone, twice is as once") {
  BleedScratch scratch;
  std::vector<uint8_t> opaque = Fill(9, {1, 2, 3, 255});
  const std::vector<uint8_t> before = opaque;
  BleedColor(opaque.data(), 3, 3, scratch);
  CHECK(opaque == before);

  std::vector<uint8_t> empty = Fill(9, {7, 8, 9, 0});
  const std::vector<uint8_t> empty_before = empty;
  BleedColor(empty.data(), 3, 3, scratch);
  CHECK(empty == empty_before);

  std::vector<uint8_t> mixed = Fill(25, {0, 0, 0, 0});
  mixed[4 * 12] = 90;
  mixed[4 * 12 + 3] = 255;
  BleedColor(mixed.data(), 5, 5, scratch);
  const std::vector<uint8_t> once = mixed;
  BleedColor(mixed.data(), 5, 5, scratch);
  CHECK(mixed == once);
}

}  // namespace
}  // namespace tessera
