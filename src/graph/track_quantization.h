#ifndef TESSERA_GRAPH_TRACK_QUANTIZATION_H_
#define TESSERA_GRAPH_TRACK_QUANTIZATION_H_

#include <optional>
#include <vector>

#include "graph/graph.h"

namespace tessera {

/// What a FakeQuantize makes of `x`: the real number of the code nearest to it (ties to even), or
/// of the end of the code's range.
float FakeQuantized(const Quantization& quantization, float x);

/// The code that QuantizeLinear makes of `x`, without the zero point: a whole number from
/// lowest() - zero_point to highest() - zero_point. NaN for NaN.
float CodeOf(const Quantization& quantization, float x);

/// For every value, the quantization that its content is known to satisfy, or nothing: each element
/// is scale * (code - zero_point) of some code, exactly. Holds for outputs of FakeQuantize, and of
/// operators that only move elements of such values: Transpose, DepthToSpace, nearest Resize,
/// Concat of equally quantized values, Pad with a value that a code stands for. Constants have
/// none.
std::vector<std::optional<Quantization>> TrackQuantization(const Graph& graph);

}  // namespace tessera

#endif  // TESSERA_GRAPH_TRACK_QUANTIZATION_H_
