#ifndef TESSERA_GRAPH_PASSES_VIEW_H_
#define TESSERA_GRAPH_PASSES_VIEW_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "graph/extent.h"
#include "graph/graph.h"

namespace tessera {

/// The axes of an image that a view is made of, the batch of one left out.
enum Home : int { kChannels = 0, kRows = 1, kColumns = 2 };
/// Of an atom that repeats what is there: it belongs to no axis of the image.
inline constexpr int kRepeated = -1;

/// A tensor as an image seen through reshapes and transposes. Reshapes split the image's axes into
/// atoms and join atoms to axes, transposes reorder; what is left is which atoms, from the
/// outermost to the innermost, each axis of the tensor is made of. Nothing moves in memory.
///
/// A pixel shuffle, for example, sees channels as the atoms (c, dy, dx), and makes of them and of
/// the rows and columns the axes (c), (rows, dy), (columns, dx).
struct View {
  struct Atom {
    Extent size = 1;  // never 1
    int home = kChannels;
  };

  ValueId image = kNoValue;  // [1, C, H, W]
  std::vector<Atom> atoms;
  std::array<std::vector<int>, 3> homes;  // the atoms of C, H, W, outermost first
  std::vector<std::vector<int>> axes;     // the atoms of each axis of the tensor

  /// The view of an image with these extents as [1, C, H, W].
  static View OfImage(ValueId image, const Extent& channels, const Extent& rows,
                      const Extent& columns);

  /// The tensor's shape; nothing where an axis is no product of the image's height and width.
  std::optional<std::vector<Extent>> Shape() const;

  /// Whether an axis is one of the image's axes as a whole (which may have an extent of 1).
  bool IsWhole(size_t axis, int home) const {
    return axes[axis] == homes[static_cast<size_t>(home)];
  }
  /// Whether the axes are those of [1, C, H, W], or only some of these in the same order.
  bool IsNchw() const;

  View Transposed(const std::vector<int64_t>& permutation) const;
  /// Nothing when the shape cuts across atoms.
  std::optional<View> Reshaped(const std::vector<Extent>& shape) const;
  /// Axes of extent 1 repeated to `shape`.
  std::optional<View> Expanded(const std::vector<Extent>& shape) const;
};

}  // namespace tessera

#endif  // TESSERA_GRAPH_PASSES_VIEW_H_
