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
    const int64_t index = Nearest(resize.rounding, position);
    return {index, index, 0.0f};
  }
  const Rational fraction = position - Rational(position.Floor());
  return {position.Floor(), position.Ceil(), static_cast<float>(fraction.ToDouble())};
}

std::vector<ResizePhase> ResizePhases(const Resize& resize, Rational factor) {
  std::vector<ResizePhase> phases;
  for (int64_t p = 0; p < factor.numerator(); ++p) {
    phases.push_back(ResizePhaseAt(resize, Position(resize.coordinates, factor, p)));
  }
  return phases;
}

}  // namespace tessera
