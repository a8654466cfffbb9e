#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "engine/resize_axis.h"

namespace tessera {
namespace {

Result<std::vector<ResizePhase>> Axis(Resize resize, double scale, int64_t input, int64_t output) {
  resize.scale[1] = scale;
  return ResizeAxis(resize, 1, input, output);
}

std::vector<int64_t> Lows(const Resize& resize, double scale, int64_t input, int64_t output) {
  const auto taps = Axis(resize, scale, input, output);
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
      const auto taps = Axis(resize, static_cast<double>(factor), 1000, 1000 * factor);
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
  const auto taps = Axis(resize, 2.0, 8, 16);
  REQUIRE(taps.ok());
  CHECK((*taps)[6].first == 3);
  CHECK((*taps)[6].count == 1);
  CHECK((*taps)[7].first == 2);
  CHECK((*taps)[7].count == 4);
  // a / 8 outside and 1/2 - a / 8 inside, at the middle.
  CHECK((*taps)[7].weights == std::vector<float>{-0.09375f, 0.59375f, 0.59375f, -0.09375f});
}

TEST_CASE("resize axis: antialiasing widens the kernel where the axis shrinks, and only there") {
  Resize resize;
  resize.mode = Resize::Mode::kLinear;
  resize.antialias = true;
  const auto half = Axis(resize, 0.5, 8, 4);
  REQUIRE(half.ok());
  CHECK((*half)[1].first == 1);  // centre 2.5, reach 2
  CHECK((*half)[1].weights == std::vector<float>{0.125f, 0.375f, 0.375f, 0.125f});
  const auto twice = Axis(resize, 2.0, 8, 16);
  REQUIRE(twice.ok());
  CHECK((*twice)[2].weights == std::vector<float>{0.25f, 0.75f});
}

TEST_CASE("resize axis: samples beyond the edge can be left out") {
  Resize resize;
  resize.mode = Resize::Mode::kCubic;
  resize.coordinates = Resize::Coordinates::kAsymmetric;
  resize.exclude_outside = true;
  const auto taps = Axis(resize, 2.0, 8, 16);
  REQUIRE(taps.ok());
  CHECK((*taps)[1].first == 0);
  CHECK((*taps)[1].count == 3);
  CHECK((*taps)[1].weights[2] == doctest::Approx(-0.09375 / 1.09375));
  CHECK((*taps)[7].count == 4);
}

TEST_CASE("resize axis: to the image's size, the factor is the ratio of the extents") {
  Resize resize;
  resize.mode = Resize::Mode::kLinear;
  resize.coordinates = Resize::Coordinates::kAlignCorners;
  resize.to_image = {Rational(1), Rational(1)};
  const auto taps = ResizeAxis(resize, 0, 3, 7);
  REQUIRE(taps.ok());
  REQUIRE(taps->size() == 7);
  CHECK((*taps)[1].weights == std::vector<float>{1.0f - 1.0f / 3.0f, 1.0f / 3.0f});
  CHECK((*taps)[6].first == 2);
}

TEST_CASE("resize axis: an irrational scale is refused") {
  Resize resize;
  CHECK(Axis(resize, 1.4142135623, 100, 141).status().code() == StatusCode::kUnsupported);
}

}  // namespace
}  // namespace tessera
