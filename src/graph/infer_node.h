#ifndef TESSERA_GRAPH_INFER_NODE_H_
#define TESSERA_GRAPH_INFER_NODE_H_

#include <span>
#include <string>

#include "core/status.h"
#include "graph/graph.h"

namespace tessera {

/// The shape of a node's output from the shapes of its inputs. Unknown extents stay unknown, so
/// this serves both the importer (channels known, image not) and InferShapes (all known). Errors,
/// which name the node: kModelFormat when channels or ranks do not fit, kInvalidArgument when the
/// image is too small for the operator.
Result<Shape> InferNode(const Graph& graph, const Node& node);

/// Height and width of the image that enters the network, or kUnknownDim.
struct ImageSize {
  int64_t height = kUnknownDim;
  int64_t width = kUnknownDim;
};

/// The same with shapes of the caller's: one per input of the node, empty for an omitted one.
Result<Shape> InferNode(const Node& node, std::span<const Shape> inputs, ImageSize image);

/// The numpy broadcast of two shapes, with unknown extents. Errors: kModelFormat.
Result<Shape> Broadcast(const Shape& a, const Shape& b);

/// "[1, 3, ?, ?]"
std::string ShapeToString(const Shape& shape);

/// Replaces auto_pad by explicit pads for an input of `height` x `width`.
void ResolveAutoPad(Conv& conv, int64_t height, int64_t width);

}  // namespace tessera

#endif  // TESSERA_GRAPH_INFER_NODE_H_
