#include <vector>

#include "graph/infer_node.h"
#include "graph/passes.h"

namespace tessera {
Status FreeImageSize(Graph& graph) {
  Value& input = graph.value(graph.input);
  input.shape[2] = graph.IsFixed() ? graph.fixed_size[0] : kUnknownDim;
  input.shape[3] = graph.IsFixed() ? graph.fixed_size[1] : kUnknownDim;
  for (const Node& node : graph.nodes) {
    TESSERA_ASSIGN_OR_RETURN(Shape shape, InferNode(graph, node));
    graph.value(node.output).shape = std::move(shape);
  }
  return Status::Ok();
}

}  // namespace tessera
