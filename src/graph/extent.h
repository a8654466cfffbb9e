#ifndef TESSERA_GRAPH_EXTENT_H_
#define TESSERA_GRAPH_EXTENT_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "graph/rational.h"

namespace tessera {

/// A number that a network computes from the image's height H and width W, such as the target of a
/// Reshape: c + h*H + w*W + a*H*W with fractions as coefficients. Exporters write such arithmetic
/// as nodes (Shape, Gather, Mul, ...); it is folded into these.
///
/// Whole-number division and remainders are folded as for images whose height and width are
/// multiples of kPeriod, of which every network's strides and windows are divisors.
class Extent {
 public:
  /// 2^6 * 3^2 * 5 * 7.
  static constexpr int64_t kPeriod = 20160;

  Extent() = default;
  Extent(int64_t number) : one_(number) {}   // NOLINT(google-explicit-constructor)
  Extent(Rational number) : one_(number) {}  // NOLINT(google-explicit-constructor)
  Extent(Rational one, Rational height, Rational width, Rational area);

  static Extent Height() { return Extent(0, 1, 0, 0); }
  static Extent Width() { return Extent(0, 0, 1, 0); }

  Rational one() const { return one_; }
  Rational height() const { return parts_ ? parts_->height : Rational(); }
  Rational width() const { return parts_ ? parts_->width : Rational(); }
  Rational area() const { return parts_ ? parts_->area : Rational(); }

  bool IsConstant() const { return !parts_; }
  /// What this is divided by, where a quotient has no other form: H / (H/6 - 2). No arithmetic is
  /// done with such; exporters compute scale factors as quotients of sizes.
  const Extent* over() const { return parts_ ? parts_->over.get() : nullptr; }
  /// The number, when it is constant and whole.
  std::optional<int64_t> Whole() const;
  /// f when the extent is f times H (axis 0) or f times W (axis 1), without a rest.
  std::optional<Rational> MultipleOf(size_t axis) const;

  /// The value for an image; nothing when it is no whole number or out of range.
  std::optional<int64_t> At(int64_t height, int64_t width) const;

  friend bool operator==(const Extent& a, const Extent& b);

  friend Extent operator+(const Extent& a, const Extent& b);
  Extent operator-() const { return Extent(-one(), -height(), -width(), -area()); }
  friend Extent operator-(const Extent& a, const Extent& b) { return a + -b; }

  // Nothing where the result has another form, or parts beyond Rational::kMaxPart.
  static std::optional<Extent> Product(const Extent& a, const Extent& b);
  /// Exact: a constant divisor, or one that `a` is a constant multiple of.
  static std::optional<Extent> Quotient(const Extent& a, const Extent& b);
  /// The same where there is no exact one: `a` over `b`.
  static Extent Ratio(Extent a, const Extent& b);
  /// Rounded down; whole operands.
  static std::optional<Extent> FloorQuotient(const Extent& a, const Extent& b);
  static std::optional<Extent> Floor(const Extent& a);
  /// a - b * floor(a / b).
  static std::optional<Extent> Remainder(const Extent& a, const Extent& b);

  /// -1, 0 or 1 for all images of a period or more; nothing where that depends on the image.
  std::optional<int> Sign() const;

  /// The extent that has these values for images of kPeriod times 1x1, 1x2, 2x1, 2x2.
  static std::optional<Extent> Through(const std::array<int64_t, 4>& values);

  std::string ToString() const;

 private:
  bool Small() const;
  bool Same(const Extent& other) const;  // but for what they are divided by

  // What depends on the image. Most extents are constants, and masks have many.
  struct Parts {
    Rational height;
    Rational width;
    Rational area;
    std::shared_ptr<const Extent> over;
  };

  Rational one_;
  std::shared_ptr<const Parts> parts_;  // null: nothing
};

}  // namespace tessera

#endif  // TESSERA_GRAPH_EXTENT_H_
