#ifndef TESSERA_ENGINE_PIXELS_H_
#define TESSERA_ENGINE_PIXELS_H_

#include <array>
#include <cstdint>

#include "engine/step.h"
#include "graph/graph.h"

namespace tessera {

inline constexpr int64_t kColors = 3;         // of a network's input and output
inline constexpr int64_t kBytesPerPixel = 4;  // RGBA

/// kUnsupported unless a network maps three channels to three.
Status CheckColors(int64_t inputs, int64_t outputs);

/// A session's RGBA buffers, both without gaps between rows.
struct PixelBuffers {
  const uint8_t* input = nullptr;
  uint8_t* output = nullptr;
};

/// The network's channel that colour `c` (R, G, B) of a pixel is, and the other way round.
inline int64_t NetworkChannel(const ModelInfo& info, int64_t c) {
  return info.bgr ? kColors - 1 - c : c;
}

/// What each byte of a pixel means to the network: [network channel][byte].
using ByteValues = std::array<std::array<float, 256>, kColors>;
ByteValues InputValues(const ModelInfo& info);

/// How the network's output becomes bytes: (x - low) * to_byte, rounded half to even, saturated.
struct OutputRange {
  float low = 0.0f;
  float to_byte = 255.0f;
};
OutputRange OutputRangeOf(const ModelInfo& info);
uint8_t OutputByte(const OutputRange& range, float x);

/// RGBA bytes -> the float input tensor. Alpha is ignored.
StepPtr MakeReadFloatsStep(const ModelInfo& info, const PixelBuffers& pixels, Tensor output);

/// The float output tensor -> RGBA bytes, opaque.
StepPtr MakeWriteFloatsStep(const ModelInfo& info, const PixelBuffers& pixels, Tensor input);

}  // namespace tessera

#endif  // TESSERA_ENGINE_PIXELS_H_
