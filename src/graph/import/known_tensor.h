#ifndef TESSERA_GRAPH_IMPORT_KNOWN_TENSOR_H_
#define TESSERA_GRAPH_IMPORT_KNOWN_TENSOR_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "core/status.h"
#include "graph/extent.h"
#include "graph/graph.h"

namespace tessera {

/// A tensor that is known on import: a constant of the file, or numbers that are computed from the
/// image's height and width. Elements lie outermost axis first, in exactly one of the two vectors.
struct KnownTensor {
  Shape shape;
  bool is_floating = false;
  std::vector<float> floats;    // constants of a floating type
  std::vector<Extent> extents;  // integers, booleans (0 and 1), and floating numbers that depend on
                                // the image's size

  size_t size() const { return floats.empty() ? extents.size() : floats.size(); }
  bool IsConstant() const;
  /// The elements as extents, if every one is an integer or a simple fraction.
  std::optional<std::vector<Extent>> Extents() const;
  /// The elements as whole constants.
  std::optional<std::vector<int64_t>> Integers() const;
};

/// The tensor of `shape` whose element i is element source[i] of `x`.
KnownTensor Rearranged(const KnownTensor& x, Shape shape, const std::vector<size_t>& source);

// Which element of the input each element of the output is. Axes must exist.
std::vector<size_t> TransposeSource(const Shape& shape, const std::vector<int64_t>& permutation);
/// Elements `indices` along `axis`.
std::vector<size_t> TakeSource(const Shape& shape, size_t axis,
                               const std::vector<int64_t>& indices);
/// `shape` broadcast to `target`, which it must fit.
std::vector<size_t> BroadcastSource(const Shape& shape, const Shape& target);

}  // namespace tessera

#endif  // TESSERA_GRAPH_IMPORT_KNOWN_TENSOR_H_
