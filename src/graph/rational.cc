#include "graph/rational.h"

#include <cmath>
#include <numeric>

namespace tessera {

Rational::Rational(int64_t numerator, int64_t denominator) {
  const int64_t divisor = std::gcd(numerator, denominator);
  const int64_t sign = denominator < 0 ? -1 : 1;
  numerator_ = sign * numerator / divisor;
  denominator_ = sign * denominator / divisor;
}

int64_t Rational::Floor() const {
  return numerator_ / denominator_ - (numerator_ % denominator_ < 0 ? 1 : 0);
}

Rational operator+(Rational a, Rational b) {
  return Rational(SaturatedSum(SaturatedProduct(a.numerator_, b.denominator_),
                               SaturatedProduct(b.numerator_, a.denominator_)),
                  SaturatedProduct(a.denominator_, b.denominator_));
}

Rational operator-(Rational a, Rational b) { return a + -b; }

Rational operator*(Rational a, Rational b) {
  return Rational(SaturatedProduct(a.numerator_, b.numerator_),
                  SaturatedProduct(a.denominator_, b.denominator_));
}

Rational operator/(Rational a, Rational b) {
  return Rational(SaturatedProduct(a.numerator_, b.denominator_),
                  SaturatedProduct(a.denominator_, b.numerator_));
}

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
