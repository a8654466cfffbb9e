#include "graph/resize_phases.h"

namespace tessera {
namespace {

int64_t Nearest(Resize::Rounding rounding, Rational position) {
  const Rational half(1, 2);
  switch (rounding) {
    case Resize::Rounding::kRoundPreferFloor:
      return (position - half).Ceil();
    case Resize::Rounding::kRoundPreferCeil:
      return (position + half).Floor();
    case Resize::Rounding::kFloor:
      return position.Floor();
    case Resize::Rounding::kCeil:
      return position.Ceil();
  }
  return 0;
}

// Keys, "Cubic convolution interpolation for digital image processing" (1981), for a sample that
// lies `fraction` behind the second of four.
std::array<float, 4> CubicWeights(float slope, double fraction) {
  const auto a = static_cast<double>(slope);
  const auto near = [&](double x) { return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0; };
  const auto far = [&](double x) { return ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a; };
  return {static_cast<float>(far(1.0 + fraction)), static_cast<float>(near(fraction)),
          static_cast<float>(near(1.0 - fraction)), static_cast<float>(far(2.0 - fraction))};
}

// Where the centre of output `index` lies on the input axis.
Rational Position(Resize::Coordinates coordinates, Rational factor, int64_t index) {
  switch (coordinates) {
    case Resize::Coordinates::kHalfPixel:
    case Resize::Coordinates::kPytorchHalfPixel:
      return Rational(2 * index + 1, 2) / factor - Rational(1, 2);
    case Resize::Coordinates::kAsymmetric:
    case Resize::Coordinates::kAlignCorners:
      break;
  }
  return Rational(index) / factor;
}

}  // namespace

ResizePhase ResizePhaseAt(const Resize& resize, Rational position) {
  if (resize.mode == Resize::Mode::kNearest) {
    return {.first = Nearest(resize.rounding, position)};
  }
  const int64_t floor = position.Floor();
  const double fraction = (position - Rational(floor)).ToDouble();
  if (fraction == 0.0) return {.first = floor};
  if (resize.mode == Resize::Mode::kCubic) {
    return {.first = floor - 1, .count = 4, .weights = CubicWeights(resize.cubic_a, fraction)};
  }
  const auto share = static_cast<float>(fraction);
  return {.first = floor, .count = 2, .weights = {1.0f - share, share}};
}

std::vector<ResizePhase> ResizePhases(const Resize& resize, Rational factor) {
  std::vector<ResizePhase> phases;
  for (int64_t p = 0; p < factor.numerator(); ++p) {
    phases.push_back(ResizePhaseAt(resize, Position(resize.coordinates, factor, p)));
  }
  return phases;
}

}  // namespace tessera
