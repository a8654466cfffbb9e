#include "engine/resize_axis.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace tessera {
namespace {

// An exact position on the input axis: numerator / denominator, denominator > 0.
struct Position {
  int64_t numerator = 0;
  int64_t denominator = 1;
};

int64_t Floor(Position p) {
  const int64_t quotient = p.numerator / p.denominator;
  return quotient - (p.numerator % p.denominator < 0 ? 1 : 0);
}

int64_t Ceil(Position p) { return -Floor({-p.numerator, p.denominator}); }

int64_t RoundHalfDown(Position p) {
  return Ceil({2 * p.numerator - p.denominator, 2 * p.denominator});
}

int64_t RoundHalfUp(Position p) {
  return Floor({2 * p.numerator + p.denominator, 2 * p.denominator});
}

// scale = up / down with the smallest `down`; resizes in networks are by 2, 3, 4, 1.5, 0.5, ...
struct Ratio {
  int64_t up = 0;
  int64_t down = 0;
};

Result<Ratio> ToRatio(double scale) {
  constexpr int64_t kLargestDenominator = 64;
  for (int64_t down = 1; down <= kLargestDenominator; ++down) {
    const double up = std::round(scale * static_cast<double>(down));
    if (up >= 1.0 && std::abs(scale * static_cast<double>(down) - up) < 1e-6 * up) {
      return Ratio{static_cast<int64_t>(up), down};
    }
  }
  return Status(StatusCode::kUnsupported, "Resize by " + std::to_string(scale) +
                                              ": the scale must be a ratio of small whole numbers");
}

Position InputPosition(Resize::Coordinates coordinates, Ratio ratio, int64_t output_index,
                       int64_t input_size, int64_t output_size) {
  switch (coordinates) {
    case Resize::Coordinates::kAsymmetric:
      return {output_index * ratio.down, ratio.up};
    case Resize::Coordinates::kAlignCorners:
      if (output_size == 1) return {0, 1};
      return {output_index * (input_size - 1), output_size - 1};
    case Resize::Coordinates::kPytorchHalfPixel:
      if (output_size == 1) return {0, 1};
      break;
    case Resize::Coordinates::kHalfPixel:
      break;
  }
  // (i + 1/2) / scale - 1/2
  return {(2 * output_index + 1) * ratio.down - ratio.up, 2 * ratio.up};
}

int64_t Nearest(Resize::Rounding rounding, Position position) {
  switch (rounding) {
    case Resize::Rounding::kRoundPreferFloor:
      return RoundHalfDown(position);
    case Resize::Rounding::kRoundPreferCeil:
      return RoundHalfUp(position);
    case Resize::Rounding::kFloor:
      return Floor(position);
    case Resize::Rounding::kCeil:
      return Ceil(position);
  }
  return 0;
}

}  // namespace

Result<std::vector<ResizeTap>> ResizeAxis(const Resize& resize, double scale, int64_t input_size,
                                          int64_t output_size) {
  TESSERA_ASSIGN_OR_RETURN(const Ratio ratio, ToRatio(scale));
  std::vector<ResizeTap> taps;
  taps.reserve(static_cast<size_t>(output_size));
  const auto clamp = [&](int64_t i) { return std::clamp<int64_t>(i, 0, input_size - 1); };
  for (int64_t i = 0; i < output_size; ++i) {
    const Position position =
        InputPosition(resize.coordinates, ratio, i, input_size, output_size);
    if (resize.mode == Resize::Mode::kNearest) {
      const int64_t index = clamp(Nearest(resize.rounding, position));
      taps.push_back({index, index, 0.0f});
      continue;
    }
    const int64_t low = Floor(position);
    const int64_t remainder = position.numerator - low * position.denominator;
    const float fraction =
        static_cast<float>(static_cast<double>(remainder) / static_cast<double>(position.denominator));
    taps.push_back({clamp(low), clamp(low + 1), fraction});
  }
  return taps;
}

}  // namespace tessera
