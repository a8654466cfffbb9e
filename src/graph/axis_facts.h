#ifndef TESSERA_GRAPH_AXIS_FACTS_H_
#define TESSERA_GRAPH_AXIS_FACTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/status.h"
#include "graph/graph.h"
#include "graph/rational.h"

// How one axis of a tensor T depends on the input, in whole input pixels. A network of strides and
// shuffles repeats itself: every q pixels of the input make p elements of T, and
//
//   element m * p + k depends on input pixels m * q + first[k] ... m * q + last[k]
//   the extent of T is p/q * (input extent) + extra
//
// for all m and 0 <= k < p. First and last bound the dependency: there may be holes in between.
//
// Why cropping by these bounds is exact. Take a tile whose origin is a multiple of every q, and
// compare an element of T in the tile with the same one of T in the whole image (its index there is
// larger by the origin's p/q, a whole number of periods). Claim: they are equal whenever the
// element's pixels all lie inside the tile. An operator reads elements of its inputs at offsets
// that depend on k alone, and their pixels are among the element's own; so by induction what it
// reads is equal too, provided that it exists in the tile. What differs is an element j beyond an
// edge of T: the tile pads it (a convolution with zero, Pad with its value or with what lies on
// this side of the edge, a resize by clamping) where the whole image has a real element. The pad is
// never what the network computes there; a bias alone makes that non-zero. So reading beyond T's
// edge must count as reading beyond the tile's: the pixels of every j < 0 and every j >= extent
// must leave the tile. For paddings that is so by itself, for croppings and unpadded convolutions
// it is not, so that KeepEdgesOutside forces it:
//
//   j < 0:       m <= -1, m * q + first[k] <= first[k] - q < 0           if first[k] < q
//   j >= extent: relative to the tile's end, the first such j of phase k has
//                m = ceil((extra - k) / p), and m * q + last[k] >= 0     if last[k] >= -m * q
//
// At an edge of the tile that is the edge of the image both pad alike, and nothing is cropped. A
// reflection there reads elements on this side, which lie in the tile, since a tile is longer than
// two overlaps and an overlap at least as long as the padding.
//
// Some operators look at the whole image (a mean over it, attention). For what comes after them the
// bounds are those of the local paths, a guess.
namespace tessera {

struct Pixels {
  int64_t first = 0;
  int64_t last = 0;

  void Include(Pixels other);
};

struct AxisFacts {
  int64_t pixels_per_period = 1;  // q
  std::vector<Pixels> phases = {Pixels{0, 0}};
  int64_t extra = 0;
  // One element for the whole axis, whatever the image's size; nothing else here applies then.
  bool whole_image = false;

  int64_t elements_per_period() const { return static_cast<int64_t>(phases.size()); }
  Rational scale() const { return Rational(elements_per_period(), pixels_per_period); }

  /// The pixels that element `index` depends on; any index, also beyond the edges.
  Pixels Of(int64_t index) const;
  /// How far an element looks from the pixels it covers, at most.
  int64_t Reach() const;
  /// How many pixels the middle of what an element looks at lies behind the pixels it covers, where
  /// an unpadded window or a crop has left some out.
  int64_t Shift() const;
  /// The same facts with a period `times` as long.
  AxisFacts Repeated(int64_t times) const;
  void KeepEdgesOutside();
  /// "2 times the image minus 3"
  std::string ToString() const;
};

/// Elements at a scale that look as far as `reach` from where they are, moved by `shift`; nothing
/// else is known of them.
AxisFacts WithReach(Rational scale, int64_t reach, int64_t shift = 0);

// What an operator makes of an axis. Errors: kUnsupported where periods grow beyond all networks'.
Result<AxisFacts> AfterConv(const Conv& conv, size_t axis, const AxisFacts& x);
Result<AxisFacts> AfterPool(const Pool& pool, size_t axis, const AxisFacts& x);
Result<AxisFacts> AfterPad(const Pad& pad, size_t axis, const AxisFacts& x);
Result<AxisFacts> AfterDepthToSpace(int64_t block, const AxisFacts& x);
Result<AxisFacts> AfterSpaceToDepth(int64_t block, const AxisFacts& x);
Result<AxisFacts> AfterResize(const Resize& resize, Rational factor, const AxisFacts& x);

/// Tensors that meet must have the same size; then their elements correspond one to one. Errors:
/// kModelFormat when they have not, kUnsupported as above.
Result<AxisFacts> Join(const AxisFacts& a, const AxisFacts& b);

/// kUnsupported: the period is beyond all networks'.
Status CheckPeriod(int64_t period);

}  // namespace tessera

#endif  // TESSERA_GRAPH_AXIS_FACTS_H_
