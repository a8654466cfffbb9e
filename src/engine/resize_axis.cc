#include "engine/resize_axis.h"

#include <optional>
#include <string>
#include <utility>

#include "core/number_text.h"
#include "graph/rational.h"

namespace tessera {
namespace {

// With aligned corners the first and last samples of input and output coincide, so that positions
// follow from the extents and there are no phases.
std::vector<ResizePhase> AlignedCorners(const Resize& resize, Rational factor, int64_t input_size,
                                        int64_t output_size) {
  std::vector<ResizePhase> phases;
  for (int64_t i = 0; i < output_size; ++i) {
    const Rational position =
        output_size > 1 ? Rational(i * (input_size - 1), output_size - 1) : Rational(0);
    phases.push_back(ResizePhaseAt(resize, factor, position));
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
      return AlignedCorners(resize, factor, input_size, output_size);
    case Resize::Coordinates::kPytorchHalfPixel:
      if (output_size == 1) return {ResizePhaseAt(resize, factor, Rational(0))};
      break;
    case Resize::Coordinates::kHalfPixel:
    case Resize::Coordinates::kAsymmetric:
      break;
  }
  return RepeatPhases(resize, factor, output_size);
}

// Samples beyond the axis lose their weight to the others.
void ExcludeOutside(ResizePhase& phase, int64_t size) {
  if (phase.first >= 0 && phase.last() < size) return;
  std::vector<float> weights;
  float sum = 0.0f;
  int64_t first = 0;
  for (int64_t i = 0; i < phase.count; ++i) {
    const int64_t at = phase.first + i;
    if (at < 0 || at >= size) continue;
    if (weights.empty()) first = at;
    weights.push_back(phase.weights[static_cast<size_t>(i)]);
    sum += weights.back();
  }
  if (weights.empty() || sum == 0.0f) return;
  for (float& weight : weights) weight /= sum;
  phase.first = first;
  phase.count = static_cast<int64_t>(weights.size());
  phase.weights = std::move(weights);
}

std::optional<Rational> FactorOf(const Resize& resize, size_t axis, int64_t input_size,
                                 int64_t output_size) {
  if (resize.to_image) return Rational(output_size, input_size);
  return ScaleToRational(resize.scale[axis]);
}

}  // namespace

Result<std::vector<ResizePhase>> ResizeAxis(const Resize& resize, size_t axis, int64_t input_size,
                                            int64_t output_size) {
  const std::optional<Rational> factor = FactorOf(resize, axis, input_size, output_size);
  if (!factor) {
    return Status(StatusCode::kUnsupported,
                  "Resize by " + NumberText(resize.scale[axis]) +
                      ": the scale must be a ratio of small whole numbers");
  }
  std::vector<ResizePhase> phases = Phases(resize, *factor, input_size, output_size);
  if (resize.exclude_outside) {
    for (ResizePhase& phase : phases) ExcludeOutside(phase, input_size);
  }
  return phases;
}

}  // namespace tessera
