#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "engine/resize_axis.h"

namespace tessera {
namespace {

std::vector<int64_t> Lows(const Resize& resize, double scale, int64_t input, int64_t output) {
  const auto taps = ResizeAxis(resize, scale, input, output);
  REQUIRE(taps.ok());
  std::vector<int64_t> lows;
  for (const ResizePhase& tap : *taps) lows.push_back(tap.low);
  return lows;
}

TEST_CASE("resize axis: nearest repeats samples") {
  Resize resize;
  resize.coordinates = Resize::Coordinates::kAsymmetric;
  resize.rounding = Resize::Rounding::kFloor;
  CHECK(Lows(resize, 2.0, 3, 6) == std::vector<int64_t>{0, 0, 1, 1, 2, 2});
  CHECK(Lows(resize, 1.5, 4, 6) == std::vector<int64_t>{0, 0, 1, 2, 2, 3});
}

TEST_CASE("resize axis: the four roundings differ only at ties") {
  Resize resize;
  resize.coordinates = Resize::Coordinates::kAsymmetric;  // positions 0, 0.5, 1, 1.5, ...
  resize.rounding = Resize::Rounding::kRoundPreferFloor;
  CHECK(Lows(resize, 2.0, 2, 4) == std::vector<int64_t>{0, 0, 1, 1});
  resize.rounding = Resize::Rounding::kRoundPreferCeil;
  CHECK(Lows(resize, 2.0, 2, 4) == std::vector<int64_t>{0, 1, 1, 1});
  resize.rounding = Resize::Rounding::kCeil;
  CHECK(Lows(resize, 2.0, 2, 4) == std::vector<int64_t>{0, 1, 1, 1});
}

TEST_CASE("resize axis: the weights of one phase are the same bits everywhere") {
  Resize resize;
  resize.mode = Resize::Mode::kLinear;
  for (int64_t factor = 2; factor <= 8; ++factor) {
    const auto taps = ResizeAxis(resize, static_cast<double>(factor), 1000, 1000 * factor);
    REQUIRE(taps.ok());
    for (size_t i = static_cast<size_t>(2 * factor); i + factor < taps->size() - factor; ++i) {
      const ResizePhase& here = (*taps)[i];
      const ResizePhase& there = (*taps)[i + static_cast<size_t>(factor)];
      REQUIRE(here.fraction == there.fraction);
      REQUIRE(here.low + 1 == there.low);
    }
  }
}

TEST_CASE("resize axis: an irrational scale is refused") {
  Resize resize;
  CHECK(ResizeAxis(resize, 1.4142135623, 100, 141).status().code() == StatusCode::kUnsupported);
}

}  // namespace
}  // namespace tessera
