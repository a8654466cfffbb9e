#include "graph/infer_node.h"
#include "graph/passes.h"

namespace tessera {
namespace {

int64_t ChannelsFromFirstConv(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    const auto* conv = std::get_if<Conv>(&node.operation);
    if (conv && node.inputs[0] == graph.input) {
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
