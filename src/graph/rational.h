#ifndef TESSERA_GRAPH_RATIONAL_H_
#define TESSERA_GRAPH_RATIONAL_H_

#include <cstdint>
#include <numeric>
#include <optional>

namespace tessera {

/// An exact fraction in lowest terms with a positive denominator, for scales and positions of
/// tensors: one that is a rounding error too small is a seam. The operators do not check for
/// overflow; callers keep both parts below kMaxPart.
class Rational {
 public:
  static constexpr int64_t kMaxPart = int64_t{1} << 30;

  constexpr Rational() = default;
  constexpr Rational(int64_t whole) : numerator_(whole) {}  // NOLINT(google-explicit-constructor)
  constexpr Rational(int64_t numerator, int64_t denominator) {
    const int64_t divisor = std::gcd(numerator, denominator);
    const int64_t sign = denominator < 0 ? -1 : 1;
    numerator_ = sign * numerator / divisor;
    denominator_ = sign * denominator / divisor;
  }

  constexpr int64_t numerator() const { return numerator_; }
  constexpr int64_t denominator() const { return denominator_; }
  constexpr bool IsWhole() const { return denominator_ == 1; }
  constexpr double ToDouble() const {
    return static_cast<double>(numerator_) / static_cast<double>(denominator_);
  }

  constexpr int64_t Floor() const {
    return numerator_ / denominator_ - (numerator_ % denominator_ < 0 ? 1 : 0);
  }
  constexpr int64_t Ceil() const { return -(-*this).Floor(); }

  constexpr Rational operator-() const { return Rational(-numerator_, denominator_); }

  friend constexpr Rational operator+(Rational a, Rational b) {
    return Rational(a.numerator_ * b.denominator_ + b.numerator_ * a.denominator_,
                    a.denominator_ * b.denominator_);
  }
  friend constexpr Rational operator-(Rational a, Rational b) { return a + -b; }
  friend constexpr Rational operator*(Rational a, Rational b) {
    return Rational(a.numerator_ * b.numerator_, a.denominator_ * b.denominator_);
  }
  friend constexpr Rational operator/(Rational a, Rational b) {
    return Rational(a.numerator_ * b.denominator_, a.denominator_ * b.numerator_);
  }
  friend constexpr bool operator==(Rational a, Rational b) {
    return a.numerator_ == b.numerator_ && a.denominator_ == b.denominator_;
  }

 private:
  int64_t numerator_ = 0;
  int64_t denominator_ = 1;
};

/// `scale` as the ratio of small whole numbers that an exporter rounded to a float, or nothing when
/// it is none: 2, 1.5, 0.33333334, ...
std::optional<Rational> ScaleToRational(double scale);

}  // namespace tessera

#endif  // TESSERA_GRAPH_RATIONAL_H_
