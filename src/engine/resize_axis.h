#ifndef TESSERA_ENGINE_RESIZE_AXIS_H_
#define TESSERA_ENGINE_RESIZE_AXIS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/status.h"
#include "graph/graph.h"
#include "graph/resize_phases.h"

namespace tessera {

/// What every output sample of a resized axis (0: height, 1: width) reads. Positions are exact, so
/// weights depend on the phase alone and not on where in the image a tile lies: positions in
/// floating point would make a tile differ from the whole image in the last bit. The factor of a
/// Resize `to_image` is the ratio of the sizes.
/// Errors: kUnsupported when the scale is not a ratio of small whole numbers.
Result<std::vector<ResizePhase>> ResizeAxis(const Resize& resize, size_t axis, int64_t input_size,
                                            int64_t output_size);

}  // namespace tessera

#endif  // TESSERA_ENGINE_RESIZE_AXIS_H_
