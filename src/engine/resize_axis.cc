#include "engine/resize_axis.h"

#include <optional>
#include <string>

#include "graph/rational.h"

namespace tessera {
namespace {

// With aligned corners the first and last samples of input and output coincide, so that positions
// follow from the extents and there are no phases.
std::vector<ResizePhase> AlignedCorners(const Resize& resize, int64_t input_size,
                                        int64_t output_size) {
  std::vector<ResizePhase> phases;
  for (int64_t i = 0; i < output_size; ++i) {
    const Rational position =
        output_size > 1 ? Rational(i * (input_size - 1), output_size - 1) : Rational(0);
    phases.push_back(ResizePhaseAt(resize, position));
  }
  return phases;
}

std::vector<ResizePhase> RepeatPhases(const Resize& resize, Rational factor, int64_t output_size) {
  const std::vector<ResizePhase> period = ResizePhases(resize, factor);
  std::vector<ResizePhase> phases;
  for (int64_t i = 0; i < output_size; ++i) {
    ResizePhase phase = period[static_cast<size_t>(i % factor.numerator())];
    const int64_t origin = i / factor.numerator() * factor.denominator();
    phase.first += origin;
    phases.push_back(phase);
  }
  return phases;
}

std::vector<ResizePhase> Phases(const Resize& resize, Rational factor, int64_t input_size,
                                int64_t output_size) {
  switch (resize.coordinates) {
    case Resize::Coordinates::kAlignCorners:
      return AlignedCorners(resize, input_size, output_size);
    case Resize::Coordinates::kPytorchHalfPixel:
      if (output_size == 1) return {ResizePhaseAt(resize, Rational(0))};
      break;
    case Resize::Coordinates::kHalfPixel:
    case Resize::Coordinates::kAsymmetric:
      break;
  }
  return RepeatPhases(resize, factor, output_size);
}

}  // namespace

Result<std::vector<ResizePhase>> ResizeAxis(const Resize& resize, double scale, int64_t input_size,
                                            int64_t output_size) {
  const std::optional<Rational> factor = ScaleToRational(scale);
  if (!factor) {
    return Status(StatusCode::kUnsupported,
                  "Resize by " + std::to_string(scale) +
                      ": the scale must be a ratio of small whole numbers");
  }
  return Phases(resize, *factor, input_size, output_size);
}

}  // namespace tessera
