#ifndef TESSERA_GRAPH_PASSES_USES_H_
#define TESSERA_GRAPH_PASSES_USES_H_

#include <vector>

#include "graph/graph.h"

namespace tessera {

/// How many times each value is read; being the graph's output is one more.
inline std::vector<int> CountUses(const Graph& graph) {
  std::vector<int> uses(graph.values.size(), 0);
  for (const Node& node : graph.nodes) {
    for (const ValueId id : node.inputs) {
      if (id != kNoValue) ++uses[static_cast<size_t>(id)];
    }
  }
  ++uses[static_cast<size_t>(graph.output)];
  return uses;
}

/// Removes the nodes whose entry in `removed` is set.
inline void EraseNodes(Graph& graph, const std::vector<bool>& removed) {
  std::vector<Node> kept;
  kept.reserve(graph.nodes.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!removed[i]) kept.push_back(std::move(graph.nodes[i]));
  }
  graph.nodes = std::move(kept);
}

/// Appends a constant of shape [] (one element) or [1, C, 1, 1].
inline ValueId AddPerChannelConstant(Graph& graph, std::string name, std::vector<float> elements) {
  Value value;
  value.name = std::move(name);
  if (elements.size() != 1) value.shape = {1, static_cast<int64_t>(elements.size()), 1, 1};
  value.constant = MakeConstant(std::move(elements));
  return graph.AddValue(std::move(value));
}

}  // namespace tessera

#endif  // TESSERA_GRAPH_PASSES_USES_H_
