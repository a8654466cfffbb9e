#include "engine/float_steps.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "engine/fake_quantize_step.h"
#include "engine/move_steps.h"
#include "engine/xnnpack_steps.h"

namespace tessera {
namespace {

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
    case Binary::Kind::kMin:
      return ElementwiseKind::kMin;
    case Binary::Kind::kMax:
      return ElementwiseKind::kMax;
    case Binary::Kind::kPow:
      return ElementwiseKind::kPow;
    case Binary::Kind::kMod:
      break;
  }
  return ElementwiseKind::kMod;
}

// Chooses the step for each operation.
class StepMaker {
 public:
  StepMaker(const Graph& graph, const std::function<Tensor(ValueId)>& tensor_of,
            pthreadpool_t threads)
      : graph_(graph), tensor_of_(tensor_of), threads_(threads) {}

  Operand OperandOf(ValueId id) {
    const Value& value = graph_.value(id);
    return value.constant ? ConstantOperand(value) : TensorOperand(tensor_of_(id));
  }

  Tensor In(const Node& node) { return tensor_of_(node.inputs[0]); }
  Tensor Out(const Node& node) { return tensor_of_(node.output); }

  Result<StepPtr> Make(const Node& node, const Conv& conv) {
    const Value& weights = graph_.value(node.inputs[1]);
    std::span<const float> bias;
    if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
      bias = graph_.value(node.inputs[2]).constant->floats;
    }
    return MakeConvStep(conv, weights.constant->floats, bias, In(node), Out(node), threads_);
  }
  Result<StepPtr> Make(const Node& node, const Clip& clip) {
    return MakeClipStep(clip, In(node), Out(node), threads_);
  }
  Result<StepPtr> Make(const Node& node, const LeakyRelu& leaky_relu) {
    return MakeLeakyReluStep(leaky_relu, In(node), Out(node), threads_);
  }
  Result<StepPtr> Make(const Node& node, const PRelu&) {
    return MakeElementwiseStep(ElementwiseKind::kPRelu, TensorOperand(In(node)),
                               OperandOf(node.inputs[1]), Out(node), threads_);
  }
  Result<StepPtr> Make(const Node& node, const Binary& binary) {
    return MakeElementwiseStep(ToElementwise(binary.kind), OperandOf(node.inputs[0]),
                               OperandOf(node.inputs[1]), Out(node), threads_);
  }
  Result<StepPtr> Make(const Node& node, const Concat&) {
    std::vector<Tensor> inputs;
    for (ValueId id : node.inputs) inputs.push_back(tensor_of_(id));
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
    return MakeUnaryStep(unary, In(node), Out(node), threads_);
  }
  Result<StepPtr> Make(const Node& node, const FakeQuantize& fake) {
    return MakeFakeQuantizeStep(fake.quantization, In(node), Out(node));
  }
  template <typename Other>
  Result<StepPtr> Make(const Node&, const Other&) {
    return NotSimplified();
  }

  static Status NotSimplified() {
    return Status(StatusCode::kUnsupported, "supported only where it can be folded away");
  }

 private:
  const Graph& graph_;
  const std::function<Tensor(ValueId)>& tensor_of_;
  pthreadpool_t threads_;
};

}  // namespace

Result<StepPtr> MakeFloatStep(const Graph& graph, const Node& node,
                              const std::function<Tensor(ValueId)>& tensor_of,
                              pthreadpool_t threads) {
  StepMaker maker(graph, tensor_of, threads);
  return std::visit([&](const auto& operation) { return maker.Make(node, operation); },
                    node.operation);
}

}  // namespace tessera
