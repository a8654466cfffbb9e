#include "graph/passes.h"
#include "graph/passes/uses.h"

namespace tessera {
namespace {

// Renumbers the values so that only those marked in `live` remain.
void CompactValues(Graph& graph, const std::vector<bool>& live) {
  std::vector<ValueId> renumbered(graph.values.size(), kNoValue);
  std::vector<Value> kept;
  for (size_t i = 0; i < graph.values.size(); ++i) {
    if (!live[i]) continue;
    renumbered[i] = static_cast<ValueId>(kept.size());
    kept.push_back(std::move(graph.values[i]));
  }
  graph.values = std::move(kept);
  const auto renumber = [&](ValueId& id) { id = renumbered[static_cast<size_t>(id)]; };
  for (Node& node : graph.nodes) {
    for (ValueId& id : node.inputs) renumber(id);
    renumber(node.output);
  }
  renumber(graph.input);
  renumber(graph.output);
}

}  // namespace

Status RemoveDeadNodes(Graph& graph) {
  std::vector<bool> live(graph.values.size(), false);
  std::vector<bool> removed(graph.nodes.size(), false);
  live[static_cast<size_t>(graph.output)] = true;
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    removed[i] = !live[static_cast<size_t>(node.output)];
    if (removed[i]) continue;
    for (const ValueId id : node.inputs) live[static_cast<size_t>(id)] = true;
  }
  if (!live[static_cast<size_t>(graph.input)]) {
    return Status(StatusCode::kUnsupported, "the network's output does not depend on its input");
  }
  EraseNodes(graph, removed);
  CompactValues(graph, live);
  return Status::Ok();
}

}  // namespace tessera
