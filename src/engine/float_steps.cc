#include "engine/float_steps.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "engine/binary_loop_step.h"
#include "engine/copy_steps.h"
#include "engine/fake_quantize_step.h"
#include "engine/move_steps.h"
#include "engine/plain_tensor.h"
#include "engine/pool_step.h"
#include "engine/reduce_steps.h"
#include "engine/unary_step.h"
#include "engine/xnnpack_steps.h"

namespace tessera {
namespace {

// XNNPACK's vector kernels may read one vector past the last element.
constexpr size_t kOverread = 16 / sizeof(float);

std::vector<size_t> ToSizes(const Shape& shape) {
  return std::vector<size_t>(shape.begin(), shape.end());
}

Operand PlainConstant(const Value& value) {
  Operand operand;
  operand.shape = ToSizes(value.shape);
  const std::vector<float>& source = value.constant->floats;
  operand.constant.reserve(source.size() + kOverread);
  operand.constant = source;
  return operand;
}

// Constants are stored as ONNX broadcasts them against N, C, H, W; images lie N, H, W, C.
Operand ImageConstant(const Value& value) {
  std::array<int64_t, 4> nchw = {1, 1, 1, 1};
  std::copy_backward(value.shape.begin(), value.shape.end(), nchw.end());
  const auto [n, c, h, w] = nchw;
  Operand operand;
  operand.shape = ToSizes({n, h, w, c});
  const std::vector<float>& source = value.constant->floats;
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

Operand ImageOperand(Tensor tensor) {
  Operand operand;
  operand.data = tensor.data;
  operand.shape = ToSizes({1, tensor.height, tensor.width, tensor.channels});
  return operand;
}

// Mod and Pow have no kernels in XNNPACK.
std::optional<ElementwiseKind> ToElementwise(Binary::Kind kind) {
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
    case Binary::Kind::kMod:
      break;
  }
  return std::nullopt;
}

// Where axis `axis` of N, C, H, W lies in H, W, C.
int64_t AxisInMemory(int64_t axis) { return axis == 1 ? 2 : axis - 2; }

// Chooses the step for each operation.
class StepMaker {
 public:
  StepMaker(const Graph& graph, const std::function<Tensor(ValueId)>& tensor_of,
            Workspace& workspace, pthreadpool_t threads)
      : graph_(graph), tensor_of_(tensor_of), workspace_(workspace), threads_(threads) {}

  const Value& ValueOf(ValueId id) const { return graph_.value(id); }
  bool IsPlain(ValueId id) const { return ValueOf(id).plain; }
  PlainTensor Plain(ValueId id) { return {tensor_of_(id).data, ValueOf(id).shape}; }

  // A tensor as it lies in memory.
  PlainTensor InMemory(ValueId id) {
    const Tensor tensor = tensor_of_(id);
    if (IsPlain(id)) return {tensor.data, ValueOf(id).shape};
    return {tensor.data, {tensor.height, tensor.width, tensor.channels}};
  }

  // An input of a node whose output is `output`.
  Operand OperandOf(ValueId id, ValueId output) {
    const Value& value = ValueOf(id);
    if (value.constant) return IsPlain(output) ? PlainConstant(value) : ImageConstant(value);
    if (!value.plain) return ImageOperand(tensor_of_(id));
    return Operand{tensor_of_(id).data, ToSizes(value.shape), {}};
  }

  Tensor In(const Node& node) { return tensor_of_(node.inputs[0]); }
  Tensor Out(const Node& node) { return tensor_of_(node.output); }

  Result<StepPtr> Make(const Node& node, const Conv& conv) {
    const Value& weights = graph_.value(node.inputs[1]);
    std::span<const float> bias;
    if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
      bias = graph_.value(node.inputs[2]).constant->floats;
    }
    return MakeConvStep(conv, weights.constant->floats, bias, In(node), Out(node), workspace_,
                        threads_);
  }
  Result<StepPtr> Make(const Node& node, const Clip& clip) {
    return MakeClipStep(clip, In(node), Out(node), threads_);
  }
  Result<StepPtr> Make(const Node& node, const LeakyRelu& leaky_relu) {
    return MakeLeakyReluStep(leaky_relu, In(node), Out(node), threads_);
  }
  Result<StepPtr> Make(const Node& node, const PRelu&) {
    return MakeElementwiseStep(ElementwiseKind::kPRelu, OperandOf(node.inputs[0], node.output),
                               OperandOf(node.inputs[1], node.output), Out(node).data, threads_);
  }
  Result<StepPtr> Make(const Node& node, const Binary& binary) {
    Operand a = OperandOf(node.inputs[0], node.output);
    Operand b = OperandOf(node.inputs[1], node.output);
    if (const auto kind = ToElementwise(binary.kind)) {
      return MakeElementwiseStep(*kind, std::move(a), std::move(b), Out(node).data, threads_);
    }
    const bool is_square = binary.kind == Binary::Kind::kPow && b.constant.size() == 1 &&
                           b.constant[0] == 2.0f && a.constant.empty();
    if (is_square && b.shape.size() <= a.shape.size()) {
      return MakeElementwiseStep(ElementwiseKind::kMul, a, a, Out(node).data, threads_);
    }
    return MakeBinaryLoopStep(binary.kind, std::move(a), std::move(b), Out(node).data);
  }
  Result<StepPtr> Make(const Node& node, const Concat& concat) {
    if (IsPlain(node.output)) {
      std::vector<PlainTensor> inputs;
      for (ValueId id : node.inputs) inputs.push_back(Plain(id));
      return MakePlainConcatStep(concat, inputs, Plain(node.output));
    }
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
  Result<StepPtr> Make(const Node& node, const SpaceToDepth& space_to_depth) {
    return MakeSpaceToDepthStep(space_to_depth, In(node), Out(node));
  }
  Result<StepPtr> Make(const Node& node, const SelectChannels& select) {
    return MakeSelectChannelsStep(select, In(node), Out(node));
  }
  Result<StepPtr> Make(const Node& node, const Pool& pool) {
    return MakePoolStep(pool, In(node), Out(node), threads_);
  }
  Result<StepPtr> Make(const Node& node, const Reduce& reduce) {
    const ValueId input = node.inputs[0];
    std::vector<int64_t> axes = reduce.axes;
    if (!IsPlain(input)) {
      // Batch is 1.
      std::erase(axes, 0);
      for (int64_t& axis : axes) axis = AxisInMemory(axis);
    }
    return MakeReduceStep(reduce.kind, axes, InMemory(input), Out(node).data);
  }
  Result<StepPtr> Make(const Node& node, const Softmax& softmax) {
    const ValueId input = node.inputs[0];
    const int64_t axis = IsPlain(input) ? softmax.axis : AxisInMemory(softmax.axis);
    return MakeSoftmaxStep(softmax.log, static_cast<size_t>(axis), InMemory(input), Out(node).data,
                           threads_);
  }
  Result<StepPtr> Make(const Node& node, const Reshape&) {
    return MakeReshapeStep(In(node).data, Out(node).data, Out(node).elements());
  }
  Result<StepPtr> Make(const Node& node, const Transpose& transpose) {
    return MakeTransposeStep(transpose, Plain(node.inputs[0]), Plain(node.output));
  }
  Result<StepPtr> Make(const Node& node, const Slice& slice) {
    const Tensor image = tensor_of_(graph_.input);
    const std::optional<int64_t> start = slice.start.At(image.height, image.width);
    if (!start) return Status(StatusCode::kInternal, "its start is no whole number");
    return MakeSliceStep(slice, *start, Plain(node.inputs[0]), Plain(node.output));
  }
  Result<StepPtr> Make(const Node& node, const Gather& gather) {
    return MakeGatherStep(gather, Plain(node.inputs[0]), Plain(node.output));
  }
  Result<StepPtr> Make(const Node& node, const Expand&) {
    return MakeExpandStep(Plain(node.inputs[0]), Plain(node.output));
  }
  Result<StepPtr> Make(const Node& node, const MatMul&) {
    return MakeMatMulStep(OperandOf(node.inputs[0], node.output),
                          OperandOf(node.inputs[1], node.output), Out(node).data, threads_);
  }
  Result<StepPtr> Make(const Node& node, const Relayout& relayout) {
    if (relayout.to_plain) return MakeRelayoutStep(relayout, In(node), Out(node).data);
    return MakeRelayoutStep(relayout, Out(node), In(node).data);
  }
  // A pass puts it into convolutions or arithmetic.
  Result<StepPtr> Make(const Node&, const BatchNormalization&) {
    return Status(StatusCode::kInternal, "a pass should have removed this node");
  }

 private:
  const Graph& graph_;
  const std::function<Tensor(ValueId)>& tensor_of_;
  Workspace& workspace_;
  pthreadpool_t threads_;
};

}  // namespace

Result<StepPtr> MakeFloatStep(const Graph& graph, const Node& node,
                              const std::function<Tensor(ValueId)>& tensor_of, Workspace& workspace,
                              pthreadpool_t threads) {
  StepMaker maker(graph, tensor_of, workspace, threads);
  return std::visit([&](const auto& operation) { return maker.Make(node, operation); },
                    node.operation);
}

void TableBytes::Add(const Graph& graph, const Node& node) {
  const auto* conv = std::get_if<Conv>(&node.operation);
  if (!conv) return;
  // XNNPACK needs none where each output reads one input, in order.
  const int64_t taps = conv->kernel[0] * conv->kernel[1];
  if (taps * conv->stride[0] * conv->stride[1] == 1) return;
  const Shape& input = graph.value(node.inputs[0]).shape;
  const Shape& output = graph.value(node.output).shape;
  const size_t bytes = static_cast<size_t>(output[2] * output[3] * taps) * sizeof(void*);
  if (KeepsTable(*conv, input[1], output[1])) {
    kept_ += bytes;
  } else {
    shared_ = std::max(shared_, bytes);
  }
}

}  // namespace tessera
