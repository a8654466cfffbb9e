#include "core/number_text.h"

#include <cmath>
#include <cstdlib>

namespace tessera {

std::string NumberText(double number) { return std::to_string(number); }

// strtof rather than from_chars, which some of the standard libraries we build with lack for
// floating point.
std::optional<float> ParseFloat(const char*& at) {
  char* end = nullptr;
  const float number = std::strtof(at, &end);
  if (end == at || !std::isfinite(number)) return std::nullopt;
  at = end;
  return number;
}

}  // namespace tessera
