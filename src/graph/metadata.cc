#include "graph/metadata.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/number_text.h"

namespace tessera {
namespace {

constexpr int64_t kMaxScale = 64;
constexpr int64_t kMaxBorder = 64;

using Parser = bool (*)(const std::string& text, ModelInfo& info);

// Parses exactly N finite numbers separated by commas.
template <size_t N>
bool ParseNumbers(const std::string& text, std::array<float, N>& numbers) {
  const char* at = text.c_str();
  for (size_t i = 0; i < N; ++i) {
    if (i > 0 && *at++ != ',') return false;
    const std::optional<float> number = ParseFloat(at);
    if (!number) return false;
    numbers[i] = *number;
  }
  return *at == '\0';
}

bool ParseRange(const std::string& text, std::array<float, 2>& range) {
  return ParseNumbers(text, range) && range[0] < range[1];
}

// A whole number of one or two digits.
bool ParseCount(const std::string& text, int64_t& count) {
  if (text.empty() || text.size() > 2) return false;
  count = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return false;
    count = count * 10 + (digit - '0');
  }
  return true;
}

bool ParseScale(const std::string& text, ModelInfo& info) {
  int64_t& scale = info.declared_scale;
  return ParseCount(text, scale) && scale >= 1 && scale <= kMaxScale;
}

bool ParseBorder(const std::string& text, ModelInfo& info) {
  return ParseCount(text, info.border) && info.border <= kMaxBorder;
}

struct ColorName {
  std::string_view name;
  Color color;
};

constexpr std::array<ColorName, 5> kColorNames = {{
    {"rgb", Color::kRgb},
    {"bgr", Color::kBgr},
    {"y", Color::kY},
    {"y-full", Color::kYFull},
    {"gray", Color::kGray},
}};

bool ParseColor(const std::string& text, ModelInfo& info) {
  for (const ColorName& known : kColorNames) {
    if (known.name != text) continue;
    info.color = known.color;
    return true;
  }
  return false;
}

bool ParseLayout(const std::string& text, ModelInfo& info) {
  info.layout = text == "nhwc" ? PictureLayout::kNhwc : PictureLayout::kNchw;
  return text == "nchw" || text == "nhwc";
}

// One number for all channels, three for the colours (a fourth channel keeps its default), or four.
bool ParsePerChannel(const std::string& text, std::array<float, 4>& numbers) {
  std::array<float, 1> one;
  std::array<float, 3> three;
  if (ParseNumbers(text, one)) {
    numbers.fill(one[0]);
  } else if (ParseNumbers(text, three)) {
    std::copy(three.begin(), three.end(), numbers.begin());
  } else {
    return ParseNumbers(text, numbers);
  }
  return true;
}

bool ParseStd(const std::string& text, ModelInfo& info) {
  if (!ParsePerChannel(text, info.stddev)) return false;
  return std::all_of(info.stddev.begin(), info.stddev.end(),
                     [](float deviation) { return deviation > 0.0f; });
}

struct Key {
  std::string_view name;
  Parser parse;
  const char* expected;
};

constexpr std::array<Key, 13> kKeys = {{
    {"tessera.name",
     [](const std::string& text, ModelInfo& info) { return info.name = text, true; }, "text"},
    {"tessera.licence",
     [](const std::string& text, ModelInfo& info) { return info.licence = text, true; }, "text"},
    {"tessera.data",
     [](const std::string& text, ModelInfo& info) { return info.data = text, true; }, "text"},
    {"tessera.scores",
     [](const std::string& text, ModelInfo& info) { return info.scores = text, true; }, "text"},
    {"tessera.quantization",
     [](const std::string& text, ModelInfo& info) { return info.quantization = text, true; },
     "text"},
    {"tessera.scale", ParseScale, "a whole number from 1 to 64"},
    {"tessera.color", ParseColor, "rgb, bgr, y, y-full or gray"},
    {"tessera.layout", ParseLayout, "nchw or nhwc"},
    {"tessera.input_range",
     [](const std::string& text, ModelInfo& info) { return ParseRange(text, info.input_range); },
     "two increasing numbers, \"lo,hi\""},
    {"tessera.output_range",
     [](const std::string& text, ModelInfo& info) { return ParseRange(text, info.output_range); },
     "two increasing numbers, \"lo,hi\""},
    {"tessera.mean",
     [](const std::string& text, ModelInfo& info) { return ParsePerChannel(text, info.mean); },
     "one number, or one per channel, \"r,g,b\""},
    {"tessera.std", ParseStd, "one positive number, or one per channel, \"r,g,b\""},
    {"tessera.border", ParseBorder, "a whole number from 0 to 64"},
}};

// "0.5,1": with enough digits that ParseNumbers reads the same floats.
std::string FormatNumbers(std::span<const float> numbers) {
  std::string text;
  for (const float number : numbers) {
    char digits[32];
    std::snprintf(digits, sizeof(digits), "%.9g", static_cast<double>(number));
    if (!text.empty()) text += ",";
    text += digits;
  }
  return text;
}

// Three numbers say all unless the fourth channel has its own.
std::string FormatPerChannel(const std::array<float, 4>& numbers, float fourth) {
  return FormatNumbers(std::span(numbers).first(numbers[3] == fourth ? 3 : 4));
}

}  // namespace

std::string_view ColorText(Color color) {
  for (const ColorName& known : kColorNames) {
    if (known.color == color) return known.name;
  }
  return "";
}

void ReplaceMetadata(MetadataEntries& entries, const MetadataEntries& replacements) {
  for (const auto& replacement : replacements) {
    std::erase_if(entries, [&](const auto& entry) { return entry.first == replacement.first; });
    entries.push_back(replacement);
  }
}

Result<ModelInfo> ParseMetadata(const MetadataEntries& entries) {
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

MetadataEntries FormatMetadata(const ModelInfo& info) {
  const ModelInfo defaults;
  MetadataEntries entries;
  const auto add = [&](const char* key, std::string text, bool is_default) {
    if (!is_default) entries.emplace_back(key, std::move(text));
  };
  add("tessera.name", info.name, info.name.empty());
  add("tessera.licence", info.licence, info.licence.empty());
  add("tessera.data", info.data, info.data.empty());
  add("tessera.scores", info.scores, info.scores.empty());
  add("tessera.quantization", info.quantization, info.quantization.empty());
  add("tessera.scale", std::to_string(info.declared_scale), info.declared_scale == 0);
  add("tessera.color", std::string(ColorText(info.color)), info.color == Color::kByChannels);
  add("tessera.input_range", FormatNumbers(info.input_range),
      info.input_range == defaults.input_range);
  add("tessera.output_range", FormatNumbers(info.output_range),
      info.output_range == defaults.output_range);
  add("tessera.mean", FormatPerChannel(info.mean, 0.0f), info.mean == defaults.mean);
  add("tessera.std", FormatPerChannel(info.stddev, 1.0f), info.stddev == defaults.stddev);
  add("tessera.border", std::to_string(info.border), info.border == 0);
  return entries;
}

}  // namespace tessera
