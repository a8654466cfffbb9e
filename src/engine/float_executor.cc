#include "engine/float_executor.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/float_steps.h"
#include "engine/memory_plan.h"
#include "engine/plain_tensor.h"
#include "engine/xnnpack_steps.h"
#include "graph/model.h"

namespace tessera {
namespace {

constexpr size_t kNoBuffer = SIZE_MAX;

// Operations that read each element once, at the place they write it, can work in place.
bool WorksInPlace(const Operation& operation) {
  return std::holds_alternative<Clip>(operation) || std::holds_alternative<LeakyRelu>(operation) ||
         std::holds_alternative<PRelu>(operation) || std::holds_alternative<Binary>(operation) ||
         std::holds_alternative<Unary>(operation) ||
         std::holds_alternative<FakeQuantize>(operation);
}

}  // namespace

// Turns a graph with known shapes into an executor. Buffers are arena slots; several values share
// one when an operation works in place.
class ExecutorBuilder {
 public:
  ExecutorBuilder(const Graph& graph, int64_t threads) : graph_(graph), thread_count_(threads) {}

  Result<FloatExecutor> Build() {
    AssignBuffers();
    TESSERA_RETURN_IF_ERROR(AllocateArena());
    executor_.threads_ = MakeThreadPool(thread_count_);
    for (const Node& node : graph_.nodes) {
      Result<StepPtr> step = MakeFloatStep(
          graph_, node, [&](ValueId id) { return TensorOf(id); }, *executor_.workspace_,
          executor_.threads_.get());
      if (!step.ok()) return AtNode(node, step.status());
      executor_.steps_.Add(std::move(step).value(), WorkOf(graph_, node));
      executor_.step_outputs_.push_back(TensorOf(node.output));
    }
    executor_.input_ = TensorOf(graph_.input);
    executor_.output_ = TensorOf(graph_.output);
    return std::move(executor_);
  }

  Result<size_t> PlanBytes() {
    AssignBuffers();
    TESSERA_ASSIGN_OR_RETURN(const MemoryPlan plan, PlanMemory(lifetimes_));
    TableBytes tables;
    for (const Node& node : graph_.nodes) tables.Add(graph_, node);
    return plan.arena_bytes + tables.total();
  }

 private:
  void AssignBuffers() {
    buffer_of_.assign(graph_.values.size(), kNoBuffer);
    last_use_.assign(graph_.values.size(), -1);
    for (size_t step = 0; step < graph_.nodes.size(); ++step) {
      for (ValueId id : graph_.nodes[step].inputs) {
        if (id != kNoValue) last_use_[static_cast<size_t>(id)] = static_cast<int64_t>(step);
      }
    }
    last_use_[static_cast<size_t>(graph_.output)] = static_cast<int64_t>(graph_.nodes.size());

    NewBuffer(graph_.input, 0);
    for (size_t step = 0; step < graph_.nodes.size(); ++step) {
      const Node& node = graph_.nodes[step];
      const size_t reused = ReusableBuffer(node, static_cast<int64_t>(step));
      if (reused == kNoBuffer) {
        NewBuffer(node.output, static_cast<int64_t>(step));
        continue;
      }
      buffer_of_[static_cast<size_t>(node.output)] = reused;
      Lifetime& lifetime = lifetimes_[reused];
      lifetime.last = std::max(lifetime.last, LastUse(node.output, static_cast<int64_t>(step)));
    }
  }

  int64_t LastUse(ValueId id, int64_t produced_at) const {
    return std::max(last_use_[static_cast<size_t>(id)], produced_at);
  }

  void NewBuffer(ValueId id, int64_t step) {
    buffer_of_[static_cast<size_t>(id)] = lifetimes_.size();
    lifetimes_.push_back({ByteSize(id), step, LastUse(id, step)});
  }

  size_t ReusableBuffer(const Node& node, int64_t step) const {
    if (IsSameInMemory(node)) return buffer_of_[static_cast<size_t>(node.inputs[0])];
    if (!WorksInPlace(node.operation)) return kNoBuffer;
    const Value& output = graph_.value(node.output);
    for (ValueId id : node.inputs) {
      const size_t buffer = buffer_of_[static_cast<size_t>(id)];
      // The lifetime of the buffer, not of the value: another value may live in it for longer.
      if (buffer != kNoBuffer && lifetimes_[buffer].last == step &&
          graph_.value(id).shape == output.shape && graph_.value(id).plain == output.plain) {
        return buffer;
      }
    }
    return kNoBuffer;
  }

  // Operators that change nothing but the shape; whoever reads the output may read the input.
  bool IsSameInMemory(const Node& node) const {
    if (std::holds_alternative<Reshape>(node.operation)) return true;
    if (!std::holds_alternative<Relayout>(node.operation)) return false;
    const Shape& shape = graph_.value(node.output).shape;
    return shape[1] == 1 || shape[2] * shape[3] == 1;
  }

  size_t ByteSize(ValueId id) const { return FloatBytes(graph_.value(id)).value_or(SIZE_MAX); }

  Status AllocateArena() {
    TESSERA_ASSIGN_OR_RETURN(plan_, PlanMemory(lifetimes_));
    auto arena = AlignedBuffer::Allocate(plan_.arena_bytes);
    if (!arena) {
      return Status(StatusCode::kOutOfMemory, "no memory for a tile's tensors (" +
                                                  std::to_string(plan_.arena_bytes) +
                                                  " bytes): choose a smaller tile");
    }
    executor_.arena_ = std::move(*arena);
    return Status::Ok();
  }

  Tensor TensorOf(ValueId id) {
    const size_t buffer = buffer_of_[static_cast<size_t>(id)];
    return TensorAt(graph_.value(id), executor_.arena_.data() + plan_.offsets[buffer]);
  }

  const Graph& graph_;
  int64_t thread_count_;
  FloatExecutor executor_;
  std::vector<size_t> buffer_of_;    // per value
  std::vector<int64_t> last_use_;    // per value: the last step that reads it
  std::vector<Lifetime> lifetimes_;  // per buffer
  MemoryPlan plan_;
};

Result<FloatExecutor> FloatExecutor::Create(const Graph& graph, int64_t height, int64_t width,
                                            int64_t threads) {
  TESSERA_RETURN_IF_ERROR(InitializeXnnpack());
  Graph shaped = graph;
  TESSERA_RETURN_IF_ERROR(InferShapes(shaped, height, width));
  return ExecutorBuilder(shaped, threads).Build();
}

Result<size_t> FloatExecutor::PlanBytes(const Graph& graph, int64_t height, int64_t width) {
  Graph shaped = graph;
  TESSERA_RETURN_IF_ERROR(InferShapes(shaped, height, width));
  return ExecutorBuilder(shaped, /*threads=*/1).PlanBytes();
}

size_t FloatExecutor::memory_bytes() const {
  return arena_.size() + workspace_->size() + steps_.memory_bytes();
}

}  // namespace tessera
