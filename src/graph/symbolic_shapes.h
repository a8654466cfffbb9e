#ifndef TESSERA_GRAPH_SYMBOLIC_SHAPES_H_
#define TESSERA_GRAPH_SYMBOLIC_SHAPES_H_

#include <array>
#include <optional>
#include <vector>

#include "core/status.h"
#include "graph/extent.h"
#include "graph/graph.h"
#include "graph/infer_node.h"

namespace tessera {

/// The shapes of a graph's tensors as functions of the image's height and width. Found by inferring
/// shapes for four images, through which every such function that networks have goes. Constants for
/// a graph of a fixed size.
class SymbolicShapes {
 public:
  SymbolicShapes() = default;

  /// `height_axis` and `width_axis` are those of the input, whose other extents must be known.
  /// `declared` is the image that the file was exported for, if it fixes one.
  SymbolicShapes(const Graph& graph, size_t height_axis, size_t width_axis,
                 std::optional<ImageSize> declared);

  /// Infers the output of a node that is about to be added, or has been, to the graph; its inputs
  /// must be known. Errors, which name the node: those of InferNode.
  Status Add(const Graph& graph, const Node& node);

  /// The extents of a tensor or constant; nothing for an extent that is no such function.
  std::vector<std::optional<Extent>> Of(const Graph& graph, ValueId id) const;
  /// The shape in the file's own size, when it fixes one.
  std::optional<Shape> Declared(const Graph& graph, ValueId id) const;
  const std::optional<ImageSize>& declared_image() const { return declared_; }

 private:
  static constexpr size_t kProbes = 4;

  const Shape& At(const Graph& graph, ValueId id, size_t probe) const;
  size_t probe_count() const { return kProbes + (declared_ ? 1 : 0); }

  // Per value and image. The fifth image is the declared one.
  std::vector<std::array<Shape, kProbes + 1>> shapes_;
  std::array<ImageSize, kProbes + 1> images_;
  std::optional<ImageSize> declared_;
};

}  // namespace tessera

#endif  // TESSERA_GRAPH_SYMBOLIC_SHAPES_H_
