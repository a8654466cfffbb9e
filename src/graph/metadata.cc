#include "graph/metadata.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace tessera {
namespace {

constexpr int64_t kMaxScale = 64;

using Parser = bool (*)(const std::string& text, ModelInfo& info);

// Parses exactly N finite numbers separated by commas. strtof rather than from_chars, which some
// of the standard libraries we build with lack for floating point.
template <size_t N>
bool ParseNumbers(const std::string& text, std::array<float, N>& numbers) {
  const char* at = text.c_str();
  for (size_t i = 0; i < N; ++i) {
    if (i > 0 && *at++ != ',') return false;
    char* end = nullptr;
    numbers[i] = std::strtof(at, &end);
    if (end == at || !std::isfinite(numbers[i])) return false;
    at = end;
  }
  return *at == '\0';
}

bool ParseRange(const std::string& text, std::array<float, 2>& range) {
  return ParseNumbers(text, range) && range[0] < range[1];
}

bool ParseScale(const std::string& text, ModelInfo& info) {
  if (text.empty() || text.size() > 2) return false;
  int64_t scale = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return false;
    scale = scale * 10 + (digit - '0');
  }
  info.declared_scale = scale;
  return scale >= 1 && scale <= kMaxScale;
}

bool ParseColor(const std::string& text, ModelInfo& info) {
  info.bgr = text == "bgr";
  return text == "bgr" || text == "rgb";
}

bool ParseStd(const std::string& text, ModelInfo& info) {
  if (!ParseNumbers(text, info.stddev)) return false;
  for (const float deviation : info.stddev) {
    if (deviation <= 0.0f) return false;
  }
  return true;
}

struct Key {
  std::string_view name;
  Parser parse;
  const char* expected;
};

constexpr std::array<Key, 10> kKeys = {{
    {"tessera.name",
     [](const std::string& text, ModelInfo& info) { return info.name = text, true; }, "text"},
    {"tessera.licence",
     [](const std::string& text, ModelInfo& info) { return info.licence = text, true; }, "text"},
    {"tessera.data",
     [](const std::string& text, ModelInfo& info) { return info.data = text, true; }, "text"},
    {"tessera.scores",
     [](const std::string& text, ModelInfo& info) { return info.scores = text, true; }, "text"},
    {"tessera.scale", ParseScale, "a whole number from 1 to 64"},
    {"tessera.color", ParseColor, "rgb or bgr"},
    {"tessera.input_range",
     [](const std::string& text, ModelInfo& info) { return ParseRange(text, info.input_range); },
     "two increasing numbers, \"lo,hi\""},
    {"tessera.output_range",
     [](const std::string& text, ModelInfo& info) { return ParseRange(text, info.output_range); },
     "two increasing numbers, \"lo,hi\""},
    {"tessera.mean",
     [](const std::string& text, ModelInfo& info) { return ParseNumbers(text, info.mean); },
     "three numbers, \"r,g,b\""},
    {"tessera.std", ParseStd, "three positive numbers, \"r,g,b\""},
}};

// "0.5,1": with enough digits that ParseNumbers reads the same floats.
template <size_t N>
std::string FormatNumbers(const std::array<float, N>& numbers) {
  std::string text;
  for (const float number : numbers) {
    char digits[32];
    std::snprintf(digits, sizeof(digits), "%.9g", static_cast<double>(number));
    if (!text.empty()) text += ",";
    text += digits;
  }
  return text;
}

}  // namespace

Result<ModelInfo> ParseMetadata(const std::vector<std::pair<std::string, std::string>>& entries) {
  ModelInfo info;
  for (const auto& [name, text] : entries) {
    for (const Key& key : kKeys) {
      if (key.name != name || key.parse(text, info)) continue;
      std::string message = "metadata '" + name + "' is '";
      message.append(text).append("' but should be ").append(key.expected);
      return Status(StatusCode::kModelFormat, std::move(message));
    }
  }
  return info;
}

std::vector<std::pair<std::string, std::string>> FormatMetadata(const ModelInfo& info) {
  const ModelInfo defaults;
  std::vector<std::pair<std::string, std::string>> entries;
  const auto add = [&](const char* key, std::string text, bool is_default) {
    if (!is_default) entries.emplace_back(key, std::move(text));
  };
  add("tessera.name", info.name, info.name.empty());
  add("tessera.licence", info.licence, info.licence.empty());
  add("tessera.data", info.data, info.data.empty());
  add("tessera.scores", info.scores, info.scores.empty());
  add("tessera.scale", std::to_string(info.declared_scale), info.declared_scale == 0);
  add("tessera.color", "bgr", !info.bgr);
  add("tessera.input_range", FormatNumbers(info.input_range),
      info.input_range == defaults.input_range);
  add("tessera.output_range", FormatNumbers(info.output_range),
      info.output_range == defaults.output_range);
  add("tessera.mean", FormatNumbers(info.mean), info.mean == defaults.mean);
  add("tessera.std", FormatNumbers(info.stddev), info.stddev == defaults.stddev);
  return entries;
}

}  // namespace tessera
