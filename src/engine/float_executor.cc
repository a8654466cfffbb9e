#include "engine/float_executor.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/checked_math.h"
#include "engine/fake_quantize_step.h"
#include "engine/memory_plan.h"
#include "engine/move_steps.h"
#include "engine/xnnpack_steps.h"
#include "graph/model.h"

namespace tessera {
namespace {

constexpr size_t kNoBuffer = SIZE_MAX;

// Constants are stored as ONNX broadcasts them against N, C, H, W; XNNPACK wants N, H, W, C.
Operand ConstantOperand(const Value& value) {
  std::array<int64_t, 4> nchw = {1, 1, 1, 1};
  std::copy_backward(value.shape.begin(), value.shape.end(), nchw.end());
  const auto [n, c, h, w] = nchw;
  Operand operand;
  operand.shape = {static_cast<size_t>(n), static_cast<size_t>(h), static_cast<size_t>(w),
                   static_cast<size_t>(c)};
  const std::vector<float>& source = value.constant->floats;
  // XNNPACK's vector kernels may read one vector past the last element.
  constexpr size_t kOverread = 16 / sizeof(float);
  operand.constant.reserve(source.size() + kOverread);
  for (int64_t y = 0; y < h; ++y) {
    for (int64_t x = 0; x < w; ++x) {
      for (int64_t channel = 0; channel < c; ++channel) {
        operand.constant.push_back(source[static_cast<size_t>((channel * h + y) * w + x)]);
      }
    }
  }
  return operand;
}

Operand TensorOperand(Tensor tensor) {
  Operand operand;
  operand.data = tensor.data;
  operand.shape = {1, static_cast<size_t>(tensor.height), static_cast<size_t>(tensor.width),
                   static_cast<size_t>(tensor.channels)};
  return operand;
}

// Operations that read each element once, at the place they write it, can work in place.
bool WorksInPlace(const Operation& operation) {
  return std::holds_alternative<Clip>(operation) || std::holds_alternative<LeakyRelu>(operation) ||
         std::holds_alternative<PRelu>(operation) || std::holds_alternative<Binary>(operation) ||
         std::holds_alternative<Unary>(operation) ||
         std::holds_alternative<FakeQuantize>(operation);
}

ElementwiseKind ToElementwise(Binary::Kind kind) {
  switch (kind) {
    case Binary::Kind::kAdd:
      return ElementwiseKind::kAdd;
    case Binary::Kind::kSub:
      return ElementwiseKind::kSub;
    case Binary::Kind::kMul:
      return ElementwiseKind::kMul;
    case Binary::Kind::kDiv:
      return ElementwiseKind::kDiv;
  }
  return ElementwiseKind::kAdd;
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
      Result<StepPtr> step = MakeStep(node);
      if (!step.ok()) return AtNode(node, step.status());
      executor_.steps_.push_back(std::move(step).value());
      executor_.step_outputs_.push_back(TensorOf(node.output));
    }
    executor_.input_ = TensorOf(graph_.input);
    executor_.output_ = TensorOf(graph_.output);
    return std::move(executor_);
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
    if (!WorksInPlace(node.operation)) return kNoBuffer;
    for (ValueId id : node.inputs) {
      const size_t buffer = buffer_of_[static_cast<size_t>(id)];
      // The lifetime of the buffer, not of the value: another value may live in it for longer.
      if (buffer != kNoBuffer && lifetimes_[buffer].last == step &&
          graph_.value(id).shape == graph_.value(node.output).shape) {
        return buffer;
      }
    }
    return kNoBuffer;
  }

  size_t ByteSize(ValueId id) const {
    const Shape& shape = graph_.value(id).shape;
    return CheckedProduct({shape[1], shape[2], shape[3], sizeof(float)}).value_or(SIZE_MAX);
  }

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
    const Shape& shape = graph_.value(id).shape;
    std::byte* data = executor_.arena_.data() + plan_.offsets[buffer_of_[static_cast<size_t>(id)]];
    return Tensor{reinterpret_cast<float*>(data), shape[2], shape[3], shape[1]};
  }

  Operand OperandOf(ValueId id) {
    const Value& value = graph_.value(id);
    return value.constant ? ConstantOperand(value) : TensorOperand(TensorOf(id));
  }

  Result<StepPtr> MakeStep(const Node& node) {
    return std::visit([&](const auto& operation) { return Make(node, operation); }, node.operation);
  }

  Tensor In(const Node& node) { return TensorOf(node.inputs[0]); }
  Tensor Out(const Node& node) { return TensorOf(node.output); }
  pthreadpool_t Pool() const { return executor_.threads_.get(); }

  Result<StepPtr> Make(const Node& node, const Conv& conv) {
    const Value& weights = graph_.value(node.inputs[1]);
    std::span<const float> bias;
    if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
      bias = graph_.value(node.inputs[2]).constant->floats;
    }
    return MakeConvStep(conv, weights.constant->floats, bias, In(node), Out(node), Pool());
  }
  Result<StepPtr> Make(const Node& node, const Clip& clip) {
    return MakeClipStep(clip, In(node), Out(node), Pool());
  }
  Result<StepPtr> Make(const Node& node, const LeakyRelu& leaky_relu) {
    return MakeLeakyReluStep(leaky_relu, In(node), Out(node), Pool());
  }
  Result<StepPtr> Make(const Node& node, const PRelu&) {
    return MakeElementwiseStep(ElementwiseKind::kPRelu, TensorOperand(In(node)),
                               OperandOf(node.inputs[1]), Out(node), Pool());
  }
  Result<StepPtr> Make(const Node& node, const Binary& binary) {
    return MakeElementwiseStep(ToElementwise(binary.kind), OperandOf(node.inputs[0]),
                               OperandOf(node.inputs[1]), Out(node), Pool());
  }
  Result<StepPtr> Make(const Node& node, const Concat&) {
    std::vector<Tensor> inputs;
    for (ValueId id : node.inputs) inputs.push_back(TensorOf(id));
    return MakeConcatStep(std::move(inputs), Out(node));
  }
  Result<StepPtr> Make(const Node& node, const DepthToSpace& depth_to_space) {
    return MakeDepthToSpaceStep(depth_to_space, In(node), Out(node));
  }
  Result<StepPtr> Make(const Node& node, const Resize& resize) {
    return MakeResizeStep(resize, In(node), Out(node));
  }
  Result<StepPtr> Make(const Node& node, const Pad& pad) {
    return MakePadStep(pad, In(node), Out(node));
  }
  Result<StepPtr> Make(const Node& node, const Unary& unary) {
    return MakeUnaryStep(unary, In(node), Out(node), Pool());
  }
  Result<StepPtr> Make(const Node& node, const FakeQuantize& fake) {
    return MakeFakeQuantizeStep(fake.quantization, In(node), Out(node));
  }
  Result<StepPtr> Make(const Node&, const BatchNormalization&) { return NotSimplified(); }
  Result<StepPtr> Make(const Node&, const Transpose&) { return NotSimplified(); }

  static Status NotSimplified() {
    return Status(StatusCode::kUnsupported, "supported only where it can be folded away");
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

Status FloatExecutor::Run(RunContext* context) {
  if (context) context->Begin(step_count());
  for (const StepPtr& step : steps_) {
    if (context && context->cancelled()) return Status(StatusCode::kCancelled, "cancelled");
    TESSERA_RETURN_IF_ERROR(step->Run());
    if (context) context->StepDone();
  }
  return Status::Ok();
}

size_t FloatExecutor::memory_bytes() const {
  size_t bytes = arena_.size();
  for (const StepPtr& step : steps_) bytes += step->memory_bytes();
  return bytes;
}

}  // namespace tessera
