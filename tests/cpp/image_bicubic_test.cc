#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "image/bicubic.h"

namespace tessera {
namespace {

std::vector<uint8_t> RandomPlane(int64_t width, int64_t height, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> plane(static_cast<size_t>(width * height));
  for (uint8_t& sample : plane) sample = static_cast<uint8_t>(random() & 255);
  return plane;
}

std::vector<uint8_t> Resize(const std::vector<uint8_t>& source, int64_t width, int64_t height,
                            int64_t output_width, int64_t output_height) {
  std::vector<uint8_t> destination(static_cast<size_t>(output_width * output_height));
  REQUIRE(ResizeBicubic(source.data(), width, height, 1, destination.data(), output_width,
                        output_height)
              .ok());
  return destination;
}

TEST_CASE("bicubic: a constant image stays constant at every factor") {
  const std::vector<uint8_t> source(7 * 5, 201);
  for (int64_t factor = 1; factor <= 4; ++factor) {
    for (uint8_t sample : Resize(source, 7, 5, 7 * factor, 5 * factor)) CHECK(sample == 201);
  }
  for (uint8_t sample : Resize(source, 7, 5, 3, 2)) CHECK(sample == 201);
}

TEST_CASE("bicubic: known values of MATLAB's imresize") {
  // imresize(uint8([0 0 255 255]), [1 8]): the doubled step overshoots by the cubic's lobes, which
  // clamp at 0 and 255. Weights at +-1/4 of a pixel: -0.0234375 0.2265625 0.8671875 -0.0703125.
  const std::vector<uint8_t> step = {0, 0, 255, 255};
  CHECK(Resize(step, 4, 1, 8, 1) == std::vector<uint8_t>{0, 0, 0, 52, 203, 255, 255, 255});
  // Halving widens the kernel to 8 taps: (-3 -9 29 111 111 29 -9 -3) / 256.
  const std::vector<uint8_t> impulse = {0, 0, 0, 0, 255, 0, 0, 0, 0, 0};
  CHECK(Resize(impulse, 10, 1, 5, 1) == std::vector<uint8_t>{0, 29, 111, 0, 0});
}

TEST_CASE("bicubic: the identity leaves every byte") {
  const std::vector<uint8_t> source = RandomPlane(13, 9, 1);
  CHECK(Resize(source, 13, 9, 13, 9) == source);
}

TEST_CASE("bicubic: a crop enlarges to the same bytes as the whole, away from the crop's edge") {
  constexpr int64_t kSize = 40;
  constexpr int64_t kCrop = 17;
  constexpr int64_t kOrigin = 11;
  constexpr int64_t kMargin = BicubicResizer::kEnlargingRadius;
  const std::vector<uint8_t> whole = RandomPlane(kSize, kSize, 2);
  std::vector<uint8_t> crop;
  for (int64_t y = 0; y < kCrop; ++y) {
    for (int64_t x = 0; x < kCrop; ++x) {
      crop.push_back(whole[static_cast<size_t>((y + kOrigin) * kSize + x + kOrigin)]);
    }
  }
  for (int64_t factor = 2; factor <= 4; ++factor) {
    const std::vector<uint8_t> large = Resize(whole, kSize, kSize, kSize * factor, kSize * factor);
    const std::vector<uint8_t> part = Resize(crop, kCrop, kCrop, kCrop * factor, kCrop * factor);
    int64_t different = 0;
    for (int64_t y = kMargin * factor; y < (kCrop - kMargin) * factor; ++y) {
      for (int64_t x = kMargin * factor; x < (kCrop - kMargin) * factor; ++x) {
        const int64_t in_whole = (y + kOrigin * factor) * kSize * factor + x + kOrigin * factor;
        different += part[static_cast<size_t>(y * kCrop * factor + x)] !=
                     large[static_cast<size_t>(in_whole)];
      }
    }
    CHECK(different == 0);
  }
}

TEST_CASE("bicubic: a part comes out as in the whole, from as little as it depends on") {
  constexpr int64_t kWidth = 47;
  constexpr int64_t kHeight = 33;
  const std::vector<uint8_t> whole = RandomPlane(kWidth, kHeight, 3);
  for (const auto& [width, height] :
       {std::pair<int64_t, int64_t>{35, 25}, {47, 33}, {20, 31}, {94, 50}}) {
    const std::vector<uint8_t> expected = Resize(whole, kWidth, kHeight, width, height);
    // The middle third of the result. A sample depends on two pixels on each side, widened by as
    // much as the image is reduced.
    const auto third = [](int64_t size) { return AxisSpan{.first = size / 3, .count = size / 3}; };
    const auto source_of = [](AxisSpan span, int64_t from, int64_t to) {
      const int64_t reach = 2 * std::max<int64_t>(1, (from + to - 1) / to) + 1;
      const int64_t first = std::max<int64_t>(0, span.first * from / to - reach);
      const int64_t end = std::min(from, (span.first + span.count) * from / to + reach);
      return AxisSpan{.first = first, .count = end - first};
    };
    const PixelRectangle output = {.across = third(width), .down = third(height)};
    const PixelRectangle input = {.across = source_of(output.across, kWidth, width),
                                  .down = source_of(output.down, kHeight, height)};
    std::vector<uint8_t> source;
    for (int64_t y = input.down.first; y < input.down.first + input.down.count; ++y) {
      const auto row = whole.begin() + y * kWidth + input.across.first;
      source.insert(source.end(), row, row + input.across.count);
    }
    std::vector<uint8_t> part(static_cast<size_t>(output.across.count * output.down.count));
    REQUIRE(ResizePartBicubic(source.data(), kWidth, kHeight, input, 1, part.data(), width, height,
                              output)
                .ok());
    int64_t different = 0;
    for (int64_t y = 0; y < output.down.count; ++y) {
      for (int64_t x = 0; x < output.across.count; ++x) {
        const int64_t at = (y + output.down.first) * width + x + output.across.first;
        different += part[static_cast<size_t>(y * output.across.count + x)] !=
                     expected[static_cast<size_t>(at)];
      }
    }
    CHECK(different == 0);
  }
}

TEST_CASE("bicubic: a part of the input that lacks pixels is refused") {
  const std::vector<uint8_t> source(100, 7);
  std::vector<uint8_t> destination(25);
  const PixelRectangle input = {.across = {.first = 5, .count = 10},
                                .down = {.first = 0, .count = 10}};
  const PixelRectangle output = {.across = {.first = 0, .count = 5},
                                 .down = {.first = 0, .count = 5}};
  CHECK(ResizePartBicubic(source.data(), 20, 10, input, 1, destination.data(), 10, 5, output)
            .code() == StatusCode::kInvalidArgument);
}

TEST_CASE("bicubic: bad extents are refused") {
  uint8_t pixel = 0;
  CHECK(ResizeBicubic(&pixel, 0, 1, 1, &pixel, 1, 1).code() == StatusCode::kInvalidArgument);
  CHECK(BicubicResizer::Create(1, 1, int64_t{1} << 40, int64_t{1} << 40).status().code() ==
        StatusCode::kImageTooLarge);
}

}  // namespace
}  // namespace tessera
