#ifndef TESSERA_ENGINE_INT8_CODE_TENSOR_H_
#define TESSERA_ENGINE_INT8_CODE_TENSOR_H_

#include <cstddef>
#include <cstdint>

#include "graph/graph.h"
#include "kernels/storage.h"

namespace tessera::int8 {

/// Where the rows of a tensor lie. When rows flow (row_schedule.h), memory holds some of them at a
/// time.
struct RowWindow {
  uint8_t* data = nullptr;  // pixel 0, channel 0 of row `first`
  int64_t first = 0;
};

/// 8-bit codes, NHWC with batch 1, in planned memory. Around the pixels lies a border that holds
/// the code of zero, so that a convolution's padding needs no special case. Whatever a graph's
/// type, codes are counted 0..255 from the lowest one, and lie in memory as the kernels want.
struct CodeTensor {
  const RowWindow* window = nullptr;  // of all slices of one tensor
  int64_t first_channel = 0;          // of the pixels in the window
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;
  int64_t pixel = 0;   // bytes from a pixel to the next; the channels may be a slice of it
  int64_t row = 0;     // bytes from a row to the next
  int64_t border = 0;  // pixels on each side
  Quantization quantization;

  uint8_t* At(int64_t y, int64_t x) const {
    return window->data + (y - window->first) * row + x * pixel + first_channel;
  }

  /// The code of the real number zero, 0..255.
  int32_t ZeroCode() const { return quantization.zero_point - quantization.lowest(); }

  /// The real number that a byte in memory stands for.
  float Real(uint8_t stored, Storage storage) const {
    const int32_t code = stored ^ StorageMask(storage);
    return quantization.scale * static_cast<float>(code - ZeroCode());
  }
};

/// The code, 0..255, of a real number: x / scale rounded half to even, plus the zero point,
/// saturated. A NaN becomes 0.
uint8_t ByteOf(const Quantization& quantization, float x);

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_CODE_TENSOR_H_
