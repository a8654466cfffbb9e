#ifndef TESSERA_GRAPH_RESIZE_PHASES_H_
#define TESSERA_GRAPH_RESIZE_PHASES_H_

#include <cstdint>
#include <vector>

#include "graph/graph.h"
#include "graph/rational.h"

namespace tessera {

/// The inputs that one phase of a resized axis reads, first and last.
struct ResizePhase {
  int64_t low = 0;
  int64_t high = 0;
};

/// Resizing by `factor` = up/down repeats itself: output m * up + p reads inputs m * down +
/// phases[p].low to m * down + phases[p].high (clamped to the tensor). Exact. kAlignCorners has no
/// phases; for it the result is that of kAsymmetric.
std::vector<ResizePhase> ResizePhases(const Resize& resize, Rational factor);

}  // namespace tessera

#endif  // TESSERA_GRAPH_RESIZE_PHASES_H_
