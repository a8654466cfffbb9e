#include <algorithm>

#include "graph/passes.h"
#include "graph/passes/uses.h"

namespace tessera {
namespace {

constexpr size_t kNoNode = SIZE_MAX;

// Two clips in a row are one. False when nothing would be left between its limits: XNNPACK wants
// min < max.
bool Fuse(Conv& conv, const Clip& clip) {
  const float min = std::clamp(conv.min, clip.min, clip.max);
  const float max = std::clamp(conv.max, clip.min, clip.max);
  if (!(min < max)) return false;
  conv.min = min;
  conv.max = max;
  return true;
}

}  // namespace

Status FuseActivations(Graph& graph) {
  const std::vector<int> uses = CountUses(graph);
  std::vector<size_t> producer(graph.values.size(), kNoNode);
  std::vector<bool> removed(graph.nodes.size(), false);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    size_t& own = producer[static_cast<size_t>(node.output)];
    own = i;
    const auto* clip = std::get_if<Clip>(&node.operation);
    if (!clip || uses[static_cast<size_t>(node.inputs[0])] != 1) continue;
    const size_t previous = producer[static_cast<size_t>(node.inputs[0])];
    if (previous == kNoNode) continue;
    auto* conv = std::get_if<Conv>(&graph.nodes[previous].operation);
    if (!conv || !Fuse(*conv, *clip)) continue;
    graph.nodes[previous].output = node.output;
    own = previous;
    removed[i] = true;
  }
  EraseNodes(graph, removed);
  return Status::Ok();
}

}  // namespace tessera
