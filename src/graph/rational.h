#ifndef TESSERA_GRAPH_RATIONAL_H_
#define TESSERA_GRAPH_RATIONAL_H_

#include <cstdint>
#include <optional>

#include "core/checked_math.h"

namespace tessera {

/// An exact fraction in lowest terms with a positive denominator, for scales and positions of
/// tensors: one that is a rounding error too small is a seam. Parts that would overflow become
/// kSaturated, which is no answer; callers keep both parts below kMaxPart.
class Rational {
 public:
  static constexpr int64_t kMaxPart = int64_t{1} << 30;

  constexpr Rational() = default;
  constexpr Rational(int64_t whole)  // NOLINT(google-explicit-constructor)
      : numerator_(Saturated(whole)) {}
  Rational(int64_t numerator, int64_t denominator);

  constexpr int64_t numerator() const { return numerator_; }
  constexpr int64_t denominator() const { return denominator_; }
  constexpr bool IsWhole() const { return denominator_ == 1; }
  constexpr double ToDouble() const {
    return static_cast<double>(numerator_) / static_cast<double>(denominator_);
  }

  int64_t Floor() const;
  int64_t Ceil() const { return -(-*this).Floor(); }

  Rational operator-() const { return Rational(-numerator_, denominator_); }

  // Not inline: each reduces to lowest terms, which is code that a page downloads.
  friend Rational operator+(Rational a, Rational b);
  friend Rational operator-(Rational a, Rational b);
  friend Rational operator*(Rational a, Rational b);
  friend Rational operator/(Rational a, Rational b);
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
