#include <vector>

#include "graph/infer_node.h"
#include "graph/passes.h"

namespace tessera {
namespace {

int64_t ChannelsFromFirstConv(const Graph& graph) {
  // The input, and what quantizing has made of it.
  std::vector<bool> is_image(graph.values.size(), false);
  is_image[static_cast<size_t>(graph.input)] = true;
  for (const Node& node : graph.nodes) {
    if (!is_image[static_cast<size_t>(node.inputs[0])]) continue;
    if (std::holds_alternative<FakeQuantize>(node.operation)) {
      is_image[static_cast<size_t>(node.output)] = true;
    } else if (const auto* conv = std::get_if<Conv>(&node.operation)) {
      return graph.value(node.inputs[1]).shape[1] * conv->groups;
    }
  }
  return kUnknownDim;
}

}  // namespace

Status FreeImageSize(Graph& graph) {
  Value& input = graph.value(graph.input);
  if (input.shape[1] == kUnknownDim) input.shape[1] = ChannelsFromFirstConv(graph);
  if (input.shape[1] == kUnknownDim) {
    return Status(StatusCode::kModelFormat,
                  "the input '" + input.name + "' does not say how many channels it has");
  }
  input.shape[2] = kUnknownDim;
  input.shape[3] = kUnknownDim;
  for (const Node& node : graph.nodes) {
    TESSERA_ASSIGN_OR_RETURN(Shape shape, InferNode(graph, node));
    graph.value(node.output).shape = std::move(shape);
  }
  return Status::Ok();
}

}  // namespace tessera
