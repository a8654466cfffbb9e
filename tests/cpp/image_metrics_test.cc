#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "image/metrics.h"

namespace tessera {
namespace {

std::vector<uint8_t> Grey(int64_t width, int64_t height, uint8_t (*value)(int64_t x, int64_t y)) {
  std::vector<uint8_t> image;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const uint8_t v = value(x, y);
      image.insert(image.end(), {v, v, v, 255});
    }
  }
  return image;
}

TEST_CASE("metrics: equal images") {
  const auto image = Grey(16, 16, [](int64_t x, int64_t y) { return uint8_t(x * 16 + y); });
  const Result<ImageComparison> same = CompareImages(image.data(), image.data(), 16, 16, 2);
  REQUIRE(same.ok());
  CHECK(std::isinf(same->psnr_y));
  CHECK(same->ssim_y == doctest::Approx(1.0));
}

TEST_CASE("metrics: a uniform error of d grey levels") {
  const auto a = Grey(20, 20, [](int64_t, int64_t) { return uint8_t{100}; });
  const auto b = Grey(20, 20, [](int64_t, int64_t) { return uint8_t{105}; });
  const Result<ImageComparison> result = CompareImages(a.data(), b.data(), 20, 20, 3);
  REQUIRE(result.ok());
  CHECK(result->psnr_rgb == doctest::Approx(20.0 * std::log10(255.0 / 5.0)));
  // Luma has the studio range: 219/255 of the grey difference.
  CHECK(result->psnr_y == doctest::Approx(20.0 * std::log10(255.0 / (5.0 * 219.0 / 255.0))));
  const double ya = 100.0 * 219.0 / 255.0 + 16.0;
  const double yb = 105.0 * 219.0 / 255.0 + 16.0;
  const double c1 = 6.5025;
  CHECK(result->ssim_y ==
        doctest::Approx((2 * ya * yb + c1) / (ya * ya + yb * yb + c1)).epsilon(1e-9));
}

TEST_CASE("metrics: the border is not counted, too small is an error or NaN") {
  auto a = Grey(14, 14, [](int64_t, int64_t) { return uint8_t{50}; });
  auto b = a;
  b[0] = 250;
  const Result<ImageComparison> cropped = CompareImages(a.data(), b.data(), 14, 14, 1);
  REQUIRE(cropped.ok());
  CHECK(std::isinf(cropped->psnr_y));
  CHECK(std::isnan(CompareImages(a.data(), b.data(), 14, 14, 2)->ssim_y));
  CHECK(CompareImages(a.data(), b.data(), 14, 14, 7).status().code() ==
        StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tessera
