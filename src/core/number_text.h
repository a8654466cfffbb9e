#ifndef TESSERA_CORE_NUMBER_TEXT_H_
#define TESSERA_CORE_NUMBER_TEXT_H_

#include <optional>
#include <string>

namespace tessera {

/// A real number in words, for messages: as many decimals as std::to_string gives.
std::string NumberText(double number);

/// The finite number that `at` begins with, and `at` behind it; nothing if there is none.
std::optional<float> ParseFloat(const char*& at);

}  // namespace tessera

#endif  // TESSERA_CORE_NUMBER_TEXT_H_
