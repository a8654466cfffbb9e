#include <optional>
#include <vector>

#include "graph/passes.h"
#include "graph/passes/uses.h"
#include "graph/track_quantization.h"

namespace tessera {

Status RemoveRepeatedQuantization(Graph& graph) {
  const std::vector<std::optional<Quantization>> known = TrackQuantization(graph);
  std::vector<ValueId> same_as(graph.values.size());
  for (size_t i = 0; i < same_as.size(); ++i) same_as[i] = static_cast<ValueId>(i);
  std::vector<bool> removed(graph.nodes.size(), false);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    for (ValueId& id : node.inputs) {
      if (id != kNoValue) id = same_as[static_cast<size_t>(id)];
    }
    const auto* fake = std::get_if<FakeQuantize>(&node.operation);
    if (!fake || known[static_cast<size_t>(node.inputs[0])] != fake->quantization) continue;
    same_as[static_cast<size_t>(node.output)] = node.inputs[0];
    removed[i] = true;
  }
  graph.output = same_as[static_cast<size_t>(graph.output)];
  EraseNodes(graph, removed);
  return Status::Ok();
}

}  // namespace tessera
