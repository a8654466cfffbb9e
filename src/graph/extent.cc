#include "graph/extent.h"

#include <cstdlib>
#include <utility>

namespace tessera {
namespace {

bool IsSmall(Rational number) {
  return std::abs(number.numerator()) < Rational::kMaxPart &&
         number.denominator() < Rational::kMaxPart;
}

// The fraction of `part` that a multiple of the period can leave is none.
bool IsWholeAtPeriods(Rational coefficient, int64_t period) {
  return (coefficient * Rational(period)).IsWhole();
}

}  // namespace

Extent::Extent(Rational one, Rational height, Rational width, Rational area) : one_(one) {
  if (height == 0 && width == 0 && area == 0) return;
  parts_ = std::make_shared<const Parts>(Parts{height, width, area, nullptr});
}

bool Extent::Small() const {
  if (over()) return false;
  return IsSmall(one()) && IsSmall(height()) && IsSmall(width()) && IsSmall(area());
}

bool operator==(const Extent& a, const Extent& b) {
  if (a.over() || b.over()) return a.over() && b.over() && *a.over() == *b.over() && a.Same(b);
  return a.Same(b);
}

bool Extent::Same(const Extent& b) const {
  const Extent& a = *this;
  return a.one() == b.one() && a.height() == b.height() && a.width() == b.width() &&
         a.area() == b.area();
}

Extent operator+(const Extent& a, const Extent& b) {
  return Extent(a.one() + b.one(), a.height() + b.height(), a.width() + b.width(),
                a.area() + b.area());
}

std::optional<int64_t> Extent::Whole() const {
  if (!IsConstant() || !one().IsWhole()) return std::nullopt;
  return one().numerator();
}

std::optional<Rational> Extent::MultipleOf(size_t axis) const {
  if (over()) return std::nullopt;
  const Rational factor = axis == 0 ? height() : width();
  const Rational other = axis == 0 ? width() : height();
  if (!(one() == 0) || !(other == 0) || !(area() == 0) || factor == 0) return std::nullopt;
  return factor;
}

std::optional<int64_t> Extent::At(int64_t height, int64_t width) const {
  if (over()) return std::nullopt;
  // In parts of a common denominator; extents of images are below 2^26, areas below 2^52.
  const double h = static_cast<double>(height);
  const double w = static_cast<double>(width);
  const double value = one_.ToDouble() + this->height().ToDouble() * h +
                       this->width().ToDouble() * w + area().ToDouble() * h * w;
  const double rounded =
      static_cast<double>(static_cast<int64_t>(value + (value < 0 ? -0.5 : 0.5)));
  constexpr double kLargest = 1e15;
  if (!(value < kLargest && value > -kLargest)) return std::nullopt;
  if (value - rounded > 1e-6 || rounded - value > 1e-6) return std::nullopt;
  return static_cast<int64_t>(rounded);
}

std::optional<Extent> Extent::Product(const Extent& a, const Extent& b) {
  if (!a.Small() || !b.Small()) return std::nullopt;
  const bool a_has_area = !(a.area() == 0);
  const bool b_has_area = !(b.area() == 0);
  if ((a_has_area && !b.IsConstant()) || (b_has_area && !a.IsConstant())) return std::nullopt;
  const bool squares_height = !(a.height() == 0) && !(b.height() == 0);
  const bool squares_width = !(a.width() == 0) && !(b.width() == 0);
  if (squares_height || squares_width) return std::nullopt;
  Extent product(
      a.one() * b.one(), a.one() * b.height() + a.height() * b.one(),
      a.one() * b.width() + a.width() * b.one(),
      a.one() * b.area() + a.area() * b.one() + a.height() * b.width() + a.width() * b.height());
  if (!product.Small()) return std::nullopt;
  return product;
}

std::optional<Extent> Extent::Quotient(const Extent& a, const Extent& b) {
  if (!a.Small() || !b.Small()) return std::nullopt;
  if (b.IsConstant()) {
    if (b.one() == 0) return std::nullopt;
    Extent quotient(a.one() / b.one(), a.height() / b.one(), a.width() / b.one(),
                    a.area() / b.one());
    if (!quotient.Small()) return std::nullopt;
    return quotient;
  }
  // One factor of a product: (H + 8)(W + 8) / (W + 8).
  if (b.area() == 0 && (b.height() == 0 || b.width() == 0)) {
    const bool over_width = b.height() == 0;
    const Rational slope = over_width ? b.width() : b.height();
    Extent quotient(over_width ? a.width() / slope : a.height() / slope,
                    over_width ? a.area() / slope : Rational(0),
                    over_width ? Rational(0) : a.area() / slope, Rational(0));
    const std::optional<Extent> back = quotient.Small() ? Product(quotient, b) : std::nullopt;
    if (back && *back == a) return quotient;
  }
  // Proportional: HW / W = H, 2H / H = 2, HW / HW = 1.
  for (const Extent& unit : {Extent(1), Height(), Width()}) {
    const std::optional<Extent> probe = Product(unit, b);
    if (!probe) continue;
    const Rational own = !(probe->area() == 0)     ? a.area() / probe->area()
                         : !(probe->height() == 0) ? a.height() / probe->height()
                         : !(probe->width() == 0)  ? a.width() / probe->width()
                                                   : Rational(0);
    std::optional<Extent> quotient = Product(unit, own);
    const std::optional<Extent> back = quotient ? Product(*quotient, b) : std::nullopt;
    if (back && *back == a) return quotient;
  }
  return std::nullopt;
}

Extent Extent::Ratio(Extent a, const Extent& b) {
  Parts parts{a.height(), a.width(), a.area(), std::make_shared<const Extent>(b)};
  a.parts_ = std::make_shared<const Parts>(std::move(parts));
  return a;
}

std::optional<Extent> Extent::Floor(const Extent& a) {
  if (a.over()) return std::nullopt;
  const bool whole = IsWholeAtPeriods(a.height(), kPeriod) &&
                     IsWholeAtPeriods(a.width(), kPeriod) &&
                     IsWholeAtPeriods(a.area(), kPeriod * kPeriod);
  if (!whole) return std::nullopt;
  return Extent(a.one().Floor(), a.height(), a.width(), a.area());
}

std::optional<Extent> Extent::FloorQuotient(const Extent& a, const Extent& b) {
  const std::optional<Extent> quotient = Quotient(a, b);
  if (!quotient) return std::nullopt;
  return Floor(*quotient);
}

std::optional<Extent> Extent::Remainder(const Extent& a, const Extent& b) {
  const std::optional<Extent> quotient = FloorQuotient(a, b);
  const std::optional<Extent> product = quotient ? Product(*quotient, b) : std::nullopt;
  if (!product) return std::nullopt;
  return a - *product;
}

std::optional<int> Extent::Sign() const {
  if (over()) return std::nullopt;
  if (IsConstant()) return one().numerator() < 0 ? -1 : one().numerator() > 0 ? 1 : 0;
  // Coefficients of one sign, of which a period's worth outweighs the constant.
  int sign = 0;
  for (const Rational part : {height(), width(), area()}) {
    const int own = part.numerator() < 0 ? -1 : part.numerator() > 0 ? 1 : 0;
    if (own != 0 && sign != 0 && own != sign) return std::nullopt;
    if (own != 0) sign = own;
  }
  const auto smallest = At(kPeriod, kPeriod);
  if (!smallest || (*smallest > 0 ? 1 : -1) != sign || *smallest == 0) return std::nullopt;
  return sign;
}

std::optional<Extent> Extent::Through(const std::array<int64_t, 4>& values) {
  const auto [v11, v12, v21, v22] = values;
  for (const int64_t value : values) {
    if (std::abs(value) > (int64_t{1} << 46)) return std::nullopt;
  }
  const int64_t area = v22 - v12 - v21 + v11;  // of one period in each direction
  const int64_t height = v21 - v11 - area;     // with the width's part of the area taken out
  const int64_t width = v12 - v11 - area;
  const int64_t one = v11 - height - width - area;
  return Extent(Rational(one), Rational(height, kPeriod), Rational(width, kPeriod),
                Rational(area, kPeriod * kPeriod));
}

std::string Extent::ToString() const {
  std::string text;
  const auto add = [&](Rational part, const char* unit) {
    if (part == 0) return;
    const bool negative = part.numerator() < 0;
    const Rational size = negative ? -part : part;
    if (!text.empty() || negative) text += text.empty() ? "-" : negative ? " - " : " + ";
    const bool bare = *unit != '\0' && size.numerator() == 1;
    if (!bare) text += std::to_string(size.numerator());
    if (!bare && *unit != '\0') text += "*";
    text += unit;
    if (!size.IsWhole()) text += "/" + std::to_string(size.denominator());
  };
  add(area(), "H*W");
  add(height(), "H");
  add(width(), "W");
  add(one(), "");
  if (text.empty()) text = "0";
  return over() ? "(" + text + ")/(" + over()->ToString() + ")" : text;
}

}  // namespace tessera
