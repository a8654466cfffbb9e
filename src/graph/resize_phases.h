#ifndef TESSERA_GRAPH_RESIZE_PHASES_H_
#define TESSERA_GRAPH_RESIZE_PHASES_H_

#include <cstdint>
#include <vector>

#include "graph/graph.h"
#include "graph/rational.h"

namespace tessera {

/// What one output of a resized axis is: (1 - fraction) * in[low] + fraction * in[high]. For
/// nearest, low == high and fraction is 0.
struct ResizePhase {
  int64_t low = 0;
  int64_t high = 0;
  float fraction = 0.0f;
};

/// The phase of an output whose centre lies at `position` on the input axis.
ResizePhase ResizePhaseAt(const Resize& resize, Rational position);

/// Resizing by `factor` = up/down repeats itself: output m * up + p is phases[p] with m * down
/// added to low and high (which the tensor's ends then clamp). Exact. kAlignCorners has no phases;
/// for it the result is that of kAsymmetric.
std::vector<ResizePhase> ResizePhases(const Resize& resize, Rational factor);

}  // namespace tessera

#endif  // TESSERA_GRAPH_RESIZE_PHASES_H_
