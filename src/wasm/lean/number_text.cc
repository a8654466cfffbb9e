// Instead of core/number_text.cc: without the C library's long arithmetic, which is ten times as
// long as this.
#include "core/number_text.h"

#include <cmath>
#include <cstdint>

namespace tessera {
namespace {

constexpr int kDecimals = 6;
constexpr double kDecimalsScale = 1e6;

bool IsDigit(char letter) { return letter >= '0' && letter <= '9'; }

}  // namespace

std::string NumberText(double number) {
  if (!(std::fabs(number) < 1e12)) return "beyond 1e12";
  const auto scaled = static_cast<int64_t>(std::fabs(number) * kDecimalsScale + 0.5);
  std::string digits = std::to_string(scaled);
  if (digits.size() <= kDecimals) digits.insert(0, kDecimals + 1 - digits.size(), '0');
  digits.insert(digits.size() - kDecimals, ".");
  return (number < 0 ? "-" : "") + digits;
}

// Numbers of up to 15 digits without an exponent: those are exact in two doubles, so that one
// division rounds them.
std::optional<float> ParseFloat(const char*& at) {
  constexpr int kMostDigits = 15;
  const char* next = at;
  const bool negative = *next == '-';
  if (negative) ++next;
  double digits = 0.0;
  double scale = 1.0;
  int count = 0;
  bool fraction = false;
  for (; IsDigit(*next) || (*next == '.' && !fraction); ++next) {
    if (*next == '.') {
      fraction = true;
      continue;
    }
    digits = digits * 10.0 + (*next - '0');
    if (fraction) scale *= 10.0;
    ++count;
  }
  if (count == 0 || count > kMostDigits) return std::nullopt;
  at = next;
  return static_cast<float>((negative ? -digits : digits) / scale);
}

}  // namespace tessera
