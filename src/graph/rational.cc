#include "graph/rational.h"

#include <cmath>

namespace tessera {

std::optional<Rational> ScaleToRational(double scale) {
  constexpr int64_t kLargestDenominator = 64;
  constexpr double kLargestScale = 64.0;
  constexpr double kFloatRounding = 1e-6;
  if (!(scale > 0.0) || scale > kLargestScale) return std::nullopt;
  for (int64_t denominator = 1; denominator <= kLargestDenominator; ++denominator) {
    const double exact = scale * static_cast<double>(denominator);
    const double numerator = std::round(exact);
    if (numerator >= 1.0 && std::abs(exact - numerator) < kFloatRounding * numerator) {
      return Rational(static_cast<int64_t>(numerator), denominator);
    }
  }
  return std::nullopt;
}

}  // namespace tessera
