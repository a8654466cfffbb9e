#ifndef TESSERA_GRAPH_RESIZE_PHASES_H_
#define TESSERA_GRAPH_RESIZE_PHASES_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "graph/graph.h"
#include "graph/rational.h"

namespace tessera {

/// What one output of a resized axis is: the sum of weights[i] * in[first + i], i < count, where
/// positions beyond the axis mean its end. One sample of weight 1 for nearest, and wherever an
/// output lies on an input; else two for linear and four for cubic, and more where an antialiased
/// axis shrinks.
struct ResizePhase {
  int64_t first = 0;
  int64_t count = 1;
  std::vector<float> weights = {1.0f};

  int64_t last() const { return first + count - 1; }
  /// The position of the i-th sample on an axis of `size`.
  int64_t At(int64_t i, int64_t size) const { return std::clamp<int64_t>(first + i, 0, size - 1); }
};

/// The phase of an output whose centre lies at `position` on the input axis, which is resized by
/// `factor`.
ResizePhase ResizePhaseAt(const Resize& resize, Rational factor, Rational position);

/// Resizing by `factor` = up/down repeats itself: output m * up + p is phases[p] with m * down
/// added to first. Exact. kAlignCorners has no phases;
/// for it the result is that of kAsymmetric.
std::vector<ResizePhase> ResizePhases(const Resize& resize, Rational factor);

}  // namespace tessera

#endif  // TESSERA_GRAPH_RESIZE_PHASES_H_
