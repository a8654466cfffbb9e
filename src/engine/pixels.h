#ifndef TESSERA_ENGINE_PIXELS_H_
#define TESSERA_ENGINE_PIXELS_H_

#include <array>
#include <cstdint>

#include "graph/graph.h"
#include "graph/picture_format.h"

namespace tessera {

inline constexpr int64_t kColors = 3;         // R, G, B
inline constexpr int64_t kBytesPerPixel = 4;  // RGBA

/// A session's RGBA buffers, both without gaps between rows.
struct PixelBuffers {
  const uint8_t* input = nullptr;  // of row `first_input`
  uint8_t* output = nullptr;       // of row `first_output`
  // false: the picture is opaque whatever its fourth bytes are.
  bool alpha = false;
  // Pixels on each side of the input that the output does not cover.
  int64_t margin = 0;
  int64_t first_input = 0;  // not 0 where rows flow: see int8/row_schedule.h
  int64_t first_output = 0;

  const uint8_t* InputRow(int64_t y, int64_t width) const {
    return input + (y - first_input) * width * kBytesPerPixel;
  }
  uint8_t* OutputRow(int64_t y, int64_t width) const {
    return output + (y - first_output) * width * kBytesPerPixel;
  }
};

/// What each byte of a pixel means to the network: [network channel][byte].
using ByteValues = std::array<std::array<float, 256>, kBytesPerPixel>;
ByteValues InputValues(const ModelInfo& info);

/// What the lightest and the darkest pixel, and all others, mean to the network.
struct InputLimits {
  float low = 0.0f;
  float high = 0.0f;
};
InputLimits InputLimitsOf(const ModelInfo& info, const PictureFormat& format);

/// Turns RGBA bytes into a network's input, interleaved.
class PixelReader {
 public:
  PixelReader(const ModelInfo& info, const PictureFormat& format);

  int64_t channels() const { return format_.channels; }
  const ByteValues& values() const { return values_; }

  /// `count` pixels. Without `alpha` the fourth channel, if the network has one, is opaque.
  void Read(const uint8_t* rgba, int64_t count, bool alpha, float* out) const;

 private:
  float Luma(const uint8_t* rgba) const;

  PictureFormat format_;
  ByteValues values_;
  float low_;
  float span_;
  float mean_;
  float stddev_;
};

/// 219000 times the luma of a pixel in full range, 0..255, by the weights of BT.601 as MATLAB's
/// rgb2ycbcr has them.
inline constexpr int64_t kLumaUnit = 219000;
inline int64_t LumaOf(const uint8_t* rgb) {
  return int64_t{65481} * rgb[0] + int64_t{128553} * rgb[1] + int64_t{24966} * rgb[2];
}

/// How the network's output becomes bytes: (x - low) * to_byte, rounded half to even, saturated.
/// For a luma network the bytes are luma in full range.
struct OutputRange {
  float low = 0.0f;
  float to_byte = 255.0f;
};
OutputRange OutputRangeOf(const ModelInfo& info, const PictureFormat& format);
/// Rounded half to even, saturated; 0 for a NaN.
uint8_t ToByte(float value);
inline uint8_t OutputByte(const OutputRange& range, float x) {
  return ToByte((x - range.low) * range.to_byte);
}

}  // namespace tessera

#endif  // TESSERA_ENGINE_PIXELS_H_
