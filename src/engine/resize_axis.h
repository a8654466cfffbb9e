#ifndef TESSERA_ENGINE_RESIZE_AXIS_H_
#define TESSERA_ENGINE_RESIZE_AXIS_H_

#include <cstdint>
#include <vector>

#include "core/status.h"
#include "graph/graph.h"

namespace tessera {

/// Where one output sample of a resized axis reads: (1 - fraction) * in[low] + fraction * in[high].
/// For nearest, low == high and fraction is 0.
struct ResizeTap {
  int64_t low = 0;
  int64_t high = 0;
  float fraction = 0.0f;
};

/// The taps of every output sample, as ONNX's Resize defines them. Positions are computed in whole
/// numbers, so the fraction depends on the phase alone and not on where in the image a tile lies:
/// floating-point positions would make a tile differ from the whole image in the last bit.
/// Errors: kUnsupported when the scale is not a ratio of small whole numbers.
Result<std::vector<ResizeTap>> ResizeAxis(const Resize& resize, double scale, int64_t input_size,
                                          int64_t output_size);

}  // namespace tessera

#endif  // TESSERA_ENGINE_RESIZE_AXIS_H_
