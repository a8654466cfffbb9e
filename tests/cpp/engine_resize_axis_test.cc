#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "engine/resize_axis.h"

namespace tessera {
namespace {

std::vector<int64_t> Lows(const Resize& resize, double scale, int64_t input, int64_t output) {
  const auto taps = ResizeAxis(resize, scale, input, output);
  REQUIRE(taps.ok());
  std::vector<int64_t> lows;
  for (const ResizePhase& tap : *taps) lows.push_back(tap.At(0, input));
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
  for (const auto mode : {Resize::Mode::kLinear, Resize::Mode::kCubic}) {
    resize.mode = mode;
    for (int64_t factor = 2; factor <= 8; ++factor) {
      const auto taps = ResizeAxis(resize, static_cast<double>(factor), 1000, 1000 * factor);
      REQUIRE(taps.ok());
      for (size_t i = static_cast<size_t>(2 * factor); i + factor < taps->size() - factor; ++i) {
        const ResizePhase& here = (*taps)[i];
        const ResizePhase& there = (*taps)[i + static_cast<size_t>(factor)];
        REQUIRE(here.weights == there.weights);
        REQUIRE(here.first + 1 == there.first);
      }
    }
  }
}

TEST_CASE("resize axis: a cubic between two samples reads two on each side") {
  Resize resize;
  resize.mode = Resize::Mode::kCubic;
  resize.coordinates = Resize::Coordinates::kAsymmetric;
  const auto taps = ResizeAxis(resize, 2.0, 8, 16);
  REQUIRE(taps.ok());
  CHECK((*taps)[6].first == 3);
  CHECK((*taps)[6].count == 1);
  CHECK((*taps)[7].first == 2);
  CHECK((*taps)[7].count == 4);
  // a / 8 outside and 1/2 - a / 8 inside, at the middle.
  CHECK((*taps)[7].weights == std::array<float, 4>{-0.09375f, 0.59375f, 0.59375f, -0.09375f});
}

TEST_CASE("resize axis: an irrational scale is refused") {
  Resize resize;
  CHECK(ResizeAxis(resize, 1.4142135623, 100, 141).status().code() == StatusCode::kUnsupported);
}

}  // namespace
}  // namespace tessera
