#include "engine/pixels.h"

#include <algorithm>
#include <cmath>

namespace tessera {
namespace {

// Luma in studio range: black at 16, white 219 above.
constexpr int64_t kStudioBlack = 16;
constexpr int64_t kStudioSpan = 219;

}  // namespace

ByteValues InputValues(const ModelInfo& info) {
  const auto [low, high] = info.input_range;
  ByteValues values;
  for (size_t c = 0; c < values.size(); ++c) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const float value = low + static_cast<float>(byte) / 255.0f * (high - low);
      values[c][byte] = (value - info.mean[c]) / info.stddev[c];
    }
  }
  return values;
}

InputLimits InputLimitsOf(const ModelInfo& info, const PictureFormat& format) {
  const PixelReader reader(info, format);
  InputLimits limits = {INFINITY, -INFINITY};
  for (const uint8_t byte : {0, 255}) {
    const std::array<uint8_t, kBytesPerPixel> pixel = {byte, byte, byte, byte};
    std::array<float, kBytesPerPixel> values = {};
    reader.Read(pixel.data(), 1, true, values.data());
    for (int64_t c = 0; c < format.channels; ++c) {
      limits.low = std::min(limits.low, values[static_cast<size_t>(c)]);
      limits.high = std::max(limits.high, values[static_cast<size_t>(c)]);
    }
  }
  return limits;
}

PixelReader::PixelReader(const ModelInfo& info, const PictureFormat& format)
    : format_(format),
      values_(InputValues(info)),
      low_(info.input_range[0]),
      span_(info.input_range[1] - info.input_range[0]),
      mean_(info.mean[0]),
      stddev_(info.stddev[0]) {}

void PixelReader::Read(const uint8_t* rgba, int64_t count, bool alpha, float* out) const {
  if (format_.is_luma()) {
    for (int64_t i = 0; i < count; ++i, rgba += kBytesPerPixel) out[i] = Luma(rgba);
    return;
  }
  for (int64_t i = 0; i < count; ++i, rgba += kBytesPerPixel, out += format_.channels) {
    for (int64_t c = 0; c < kColors; ++c) {
      const int64_t channel = format_.NetworkChannel(c);
      out[channel] = values_[static_cast<size_t>(channel)][rgba[c]];
    }
    if (format_.has_alpha()) out[kColors] = values_[kColors][alpha ? rgba[kColors] : 255];
  }
}

// Whole numbers up to the one division, so that a grey pixel's luma is its byte.
float PixelReader::Luma(const uint8_t* rgba) const {
  constexpr int64_t kStudioUnit = kLumaUnit / kStudioSpan;
  const bool studio = format_.color == Color::kY;
  const int64_t luma = LumaOf(rgba) + (studio ? kStudioBlack * kStudioUnit * 255 : 0);
  const int64_t white = (studio ? 255 * kStudioUnit : kLumaUnit) * 255;
  const double fraction = static_cast<double>(luma) / static_cast<double>(white);
  return (low_ + static_cast<float>(fraction) * span_ - mean_) / stddev_;
}

OutputRange OutputRangeOf(const ModelInfo& info, const PictureFormat& format) {
  const auto [low, high] = info.output_range;
  if (format.color != Color::kY) return {low, 255.0f / (high - low)};
  const double span = static_cast<double>(high) - low;
  return {static_cast<float>(low + span * kStudioBlack / 255.0),
          static_cast<float>(255.0 * 255.0 / (span * kStudioSpan))};
}

uint8_t ToByte(float value) {
  // std::max first, so that a NaN becomes 0 rather than an undefined conversion.
  return static_cast<uint8_t>(std::nearbyint(std::min(std::max(0.0f, value), 255.0f)));
}

}  // namespace tessera
