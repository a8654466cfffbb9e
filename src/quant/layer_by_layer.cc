#include "quant/layer_by_layer.h"

#include <algorithm>
#include <utility>

#include "engine/float_steps.h"
#include "engine/plain_tensor.h"
#include "engine/workspace.h"
#include "engine/xnnpack_steps.h"
#include "graph/model.h"
#include "quant/graph_runner.h"

namespace tessera {
namespace {

// XNNPACK may read, and ignore, a few bytes past a tensor.
constexpr size_t kSlack = 64;

// The last node that reads each value; the graph's output is read after all of them.
std::vector<size_t> LastUses(const Graph& graph) {
  std::vector<size_t> last(graph.values.size(), 0);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    last[static_cast<size_t>(graph.nodes[i].output)] = i;
    for (const ValueId id : graph.nodes[i].inputs) {
      if (id != kNoValue) last[static_cast<size_t>(id)] = i;
    }
  }
  last[static_cast<size_t>(graph.output)] = graph.nodes.size();
  return last;
}

}  // namespace

LayerByLayer::LayerByLayer(const Graph& graph, const CalibrationImages& images,
                           std::span<const size_t> selection, pthreadpool_t threads)
    : graph_(graph),
      images_(images),
      selection_(selection),
      threads_(threads),
      last_use_(LastUses(graph)),
      tensors_(selection.size()) {}

Status LayerByLayer::Begin() {
  TESSERA_RETURN_IF_ERROR(InitializeXnnpack());
  for (size_t index = 0; index < images(); ++index) {
    TESSERA_RETURN_IF_ERROR(LoadImage(index));
  }
  return Status::Ok();
}

Status LayerByLayer::LoadImage(size_t index) {
  const size_t image = selection_[index];
  const int64_t width = images_.width(image);
  const int64_t height = images_.height(image);
  const auto found = std::find_if(shaped_.begin(), shaped_.end(), [&](const Shaped& shaped) {
    return shaped.width == width && shaped.height == height;
  });
  shaped_of_.push_back(static_cast<size_t>(found - shaped_.begin()));
  if (found == shaped_.end()) {
    shaped_.push_back({width, height, WithoutCodes(graph_)});
    TESSERA_RETURN_IF_ERROR(InferShapes(shaped_.back().graph, height, width));
  }
  tensors_[index].resize(graph_.values.size());
  TESSERA_RETURN_IF_ERROR(Allocate(index, graph_.input));
  images_.Write(image, TensorOf(index, graph_.input));
  return Status::Ok();
}

Status LayerByLayer::Allocate(size_t index, ValueId id) {
  const std::optional<size_t> bytes = FloatBytes(shaped_[shaped_of_[index]].graph.value(id));
  auto buffer = bytes ? AlignedBuffer::Allocate(*bytes + kSlack) : std::nullopt;
  if (!buffer) {
    return Status(StatusCode::kOutOfMemory,
                  "no memory to calibrate with so many images: use fewer or smaller ones");
  }
  tensors_[index][static_cast<size_t>(id)] = std::move(*buffer);
  return Status::Ok();
}

Tensor LayerByLayer::TensorOf(size_t index, ValueId id) const {
  const auto& buffer = tensors_[index][static_cast<size_t>(id)];
  return TensorAt(shaped_[shaped_of_[index]].graph.value(id),
                  const_cast<AlignedBuffer&>(*buffer).data());
}

Status LayerByLayer::RunNext() {
  Release();
  for (Shaped& shaped : shaped_) TakeConstants(shaped.graph);
  for (size_t index = 0; index < images(); ++index) {
    TESSERA_RETURN_IF_ERROR(Allocate(index, graph_.nodes[next_].output));
  }
  TESSERA_RETURN_IF_ERROR(ForEach(threads_, images(), [&](size_t index, size_t) {
    return RunImage(shaped_[shaped_of_[index]].graph.nodes[next_], index);
  }));
  ++next_;
  return Status::Ok();
}

Status LayerByLayer::RunImage(const Node& node, size_t index) {
  Workspace workspace;
  Result<StepPtr> step = MakeFloatStep(
      shaped_[shaped_of_[index]].graph, node, [&](ValueId id) { return TensorOf(index, id); },
      workspace, nullptr);
  if (!step.ok()) return AtNode(node, step.status());
  return (*step)->Run();
}

// The constants that the next node reads may have been replaced.
void LayerByLayer::TakeConstants(Graph& shaped) const {
  shaped.nodes[next_].inputs = graph_.nodes[next_].inputs;
  for (const ValueId id : graph_.nodes[next_].inputs) {
    if (id == kNoValue || !graph_.value(id).constant) continue;
    if (shaped.values.size() < graph_.values.size()) shaped.values.resize(graph_.values.size());
    shaped.value(id) = graph_.value(id);
    shaped.value(id).constant = MakeConstant(graph_.value(id).constant->floats);
  }
}

void LayerByLayer::Release() {
  for (auto& values : tensors_) {
    for (size_t id = 0; id < last_use_.size(); ++id) {
      if (last_use_[id] < next_) values[id].reset();
    }
  }
}

Result<size_t> BytesPerImage(const Graph& graph, int64_t height, int64_t width) {
  Graph shaped = graph;
  TESSERA_RETURN_IF_ERROR(InferShapes(shaped, height, width));
  const std::vector<size_t> last_use = LastUses(graph);
  std::vector<std::vector<size_t>> ends(graph.nodes.size() + 1);  // bytes that are last read here
  size_t live = FloatBytes(shaped.value(graph.input)).value_or(SIZE_MAX / 2);
  size_t most = live;
  ends[last_use[static_cast<size_t>(graph.input)]].push_back(live);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const ValueId output = graph.nodes[i].output;
    const size_t bytes = FloatBytes(shaped.value(output)).value_or(SIZE_MAX / 2);
    live += bytes;
    most = std::max(most, live);
    ends[last_use[static_cast<size_t>(output)]].push_back(bytes);
    for (const size_t ended : ends[i]) live -= ended;
  }
  return most;
}

}  // namespace tessera
