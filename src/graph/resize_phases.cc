#include "graph/resize_phases.h"

#include <cmath>

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

// Keys, "Cubic convolution interpolation for digital image processing" (1981): his kernel at a
// distance of up to 1, and from 1 to 2.
double CubicNear(double a, double x) { return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0; }
double CubicFar(double a, double x) { return ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a; }

// For a sample that lies `fraction` behind the second of four.
std::vector<float> CubicWeights(float slope, double fraction) {
  const auto a = static_cast<double>(slope);
  return {static_cast<float>(CubicFar(a, 1.0 + fraction)),
          static_cast<float>(CubicNear(a, fraction)),
          static_cast<float>(CubicNear(a, 1.0 - fraction)),
          static_cast<float>(CubicFar(a, 2.0 - fraction))};
}

// The kernel at a distance from its middle.
double Kernel(const Resize& resize, double distance) {
  const double x = std::abs(distance);
  if (resize.mode == Resize::Mode::kLinear) return std::max(0.0, 1.0 - x);
  const auto a = static_cast<double>(resize.cubic_a);
  if (x <= 1.0) return CubicNear(a, x);
  return x < 2.0 ? CubicFar(a, x) : 0.0;
}

// The kernel widened so that it covers as much of the input as of the output.
ResizePhase Antialiased(const Resize& resize, Rational factor, Rational position) {
  const Rational reach =
      Rational(resize.mode == Resize::Mode::kCubic ? 2 : 1) / factor;  // where it is zero again
  ResizePhase phase;
  phase.first = (position - reach).Floor() + 1;
  phase.count = (position + reach).Ceil() - phase.first;
  std::vector<double> weights;
  double sum = 0.0;
  for (int64_t i = 0; i < phase.count; ++i) {
    const Rational distance = (Rational(phase.first + i) - position) * factor;
    weights.push_back(Kernel(resize, distance.ToDouble()));
    sum += weights.back();
  }
  phase.weights.clear();
  for (const double weight : weights) phase.weights.push_back(static_cast<float>(weight / sum));
  return phase;
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

ResizePhase ResizePhaseAt(const Resize& resize, Rational factor, Rational position) {
  if (resize.mode == Resize::Mode::kNearest) {
    return {.first = Nearest(resize.rounding, position)};
  }
  if (resize.antialias && factor.numerator() < factor.denominator()) {
    return Antialiased(resize, factor, position);
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
    phases.push_back(ResizePhaseAt(resize, factor, Position(resize.coordinates, factor, p)));
  }
  return phases;
}

}  // namespace tessera
