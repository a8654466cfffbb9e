#include <algorithm>
#include <string>

#include "graph/import/importers.h"
#include "graph/infer_node.h"

namespace tessera {
namespace {

// Far beyond any network; keeps window and padding arithmetic small.
constexpr int64_t kMaxKernel = 255;
constexpr int64_t kMaxDilation = 64;
constexpr int64_t kMaxStride = 16;

// Of height and width. What slides along one axis says one number, which is of the width.
Status ReadPair(OpContext& op, const char* attribute, int64_t largest,
                std::array<int64_t, 2>& pair) {
  TESSERA_ASSIGN_OR_RETURN(std::vector<int64_t> given, op.Ints(attribute, {pair[0], pair[1]}));
  if (given.size() == 1) given.insert(given.begin(), pair[0]);
  if (given.size() != 2) {
    return op.Unsupported(std::string(attribute) + " has " + std::to_string(given.size()) +
                          " entries; convolutions along one or two axes are supported");
  }
  for (size_t axis = 0; axis < 2; ++axis) {
    if (given[axis] < 1 || given[axis] > largest) {
      return op.Unsupported(std::string(attribute) + " " + std::to_string(given[axis]) +
                            " is not supported; supported are 1 to " + std::to_string(largest));
    }
    pair[axis] = given[axis];
  }
  return Status::Ok();
}

// Padding of a window, explicit or by auto_pad.
struct Padding {
  Conv::AutoPad auto_pad = Conv::AutoPad::kExplicit;
  std::array<int64_t, 2> begin = {0, 0};
  std::array<int64_t, 2> end = {0, 0};
};

Result<Padding> ReadPadding(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(std::vector<int64_t> pads, op.Ints("pads", {0, 0, 0, 0}));
  if (pads.size() == 2) pads = {0, pads[0], 0, pads[1]};
  TESSERA_ASSIGN_OR_RETURN(const std::string auto_pad, op.String("auto_pad", "NOTSET"));
  Padding padding;
  if (auto_pad == "SAME_UPPER") {
    padding.auto_pad = Conv::AutoPad::kSameUpper;
  } else if (auto_pad == "SAME_LOWER") {
    padding.auto_pad = Conv::AutoPad::kSameLower;
  } else if (auto_pad == "VALID") {
    padding.auto_pad = Conv::AutoPad::kValid;
  } else if (auto_pad != "NOTSET" && !auto_pad.empty()) {
    return op.Malformed("auto_pad '" + auto_pad + "' does not exist");
  }
  if (pads.size() != 4) return op.Malformed("pads must have four entries");
  for (const int64_t pad : pads) {
    if (pad < 0 || pad > kMaxKernel) {
      return op.Unsupported("a padding of " + std::to_string(pad) + " is not supported");
    }
  }
  if (padding.auto_pad != Conv::AutoPad::kExplicit) return padding;
  padding.begin = {pads[0], pads[1]};
  padding.end = {pads[2], pads[3]};
  return padding;
}

// Checks the weights, takes the kernel size from them and compares it with kernel_shape.
Status ReadKernel(OpContext& op, const Shape& weights, Conv& conv) {
  if (weights.size() != 4) {
    return op.Unsupported("weights of shape " + ShapeToString(weights) +
                          "; convolutions along one or two axes are supported");
  }
  conv.kernel = {weights[2], weights[3]};
  TESSERA_RETURN_IF_ERROR(ReadPair(op, "kernel_shape", kMaxKernel, conv.kernel));
  if (conv.kernel[0] != weights[2] || conv.kernel[1] != weights[3]) {
    return op.Malformed("kernel_shape and the weights " + ShapeToString(weights) + " differ");
  }
  if (weights[0] < 1 || weights[1] < 1) return op.Malformed("the weights are empty");
  return Status::Ok();
}

Status ReadGroups(OpContext& op, const Shape& weights, Conv& conv) {
  TESSERA_ASSIGN_OR_RETURN(conv.groups, op.Int("group", 1));
  if (conv.groups < 1 || weights[0] % conv.groups != 0) {
    return op.Malformed(std::to_string(weights[0]) + " output channels cannot form " +
                        std::to_string(conv.groups) + " groups");
  }
  return Status::Ok();
}

}  // namespace

Result<Conv> ReadConv(OpContext& op, const Shape& weights) {
  Conv conv;
  TESSERA_RETURN_IF_ERROR(ReadKernel(op, weights, conv));
  TESSERA_RETURN_IF_ERROR(ReadPair(op, "strides", kMaxStride, conv.stride));
  TESSERA_RETURN_IF_ERROR(ReadPair(op, "dilations", kMaxDilation, conv.dilation));
  TESSERA_ASSIGN_OR_RETURN(const Padding padding, ReadPadding(op));
  conv.auto_pad = padding.auto_pad;
  conv.pads_begin = padding.begin;
  conv.pads_end = padding.end;
  TESSERA_RETURN_IF_ERROR(ReadGroups(op, weights, conv));
  return conv;
}

namespace {

// The tensor with an axis of one element in the place of an image's height.
Result<ValueId> WithHeight(OpContext& op, ValueId x) {
  TESSERA_ASSIGN_OR_RETURN(std::vector<Extent> extents, op.ValueExtents(x));
  if (extents.size() != 3) return op.Malformed("the weights have three axes but the input not");
  extents.insert(extents.begin() + 2, Extent(1));
  return op.Add(Reshape{std::move(extents)}, {x});
}

}  // namespace

Status ImportConv(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(ValueId w, op.WeightInput(1));
  const bool is_line = op.graph().value(w).shape.size() == 3;
  if (is_line) {
    const Value& value = op.graph().value(w);
    w = op.AddConstant({value.shape[0], value.shape[1], 1, value.shape[2]}, value.constant->floats);
    TESSERA_ASSIGN_OR_RETURN(x, WithHeight(op, x));
  }
  const Shape weights = op.graph().value(w).shape;
  TESSERA_ASSIGN_OR_RETURN(const Conv conv, ReadConv(op, weights));
  std::vector<ValueId> inputs = {x, w};
  if (op.HasInput(2)) {
    TESSERA_ASSIGN_OR_RETURN(const ValueId bias, op.WeightInput(2));
    if (op.graph().value(bias).shape != Shape{weights[0]}) {
      return op.Malformed("the bias has shape " + ShapeToString(op.graph().value(bias).shape) +
                          " but should have " + ShapeToString({weights[0]}));
    }
    inputs.push_back(bias);
  }
  if (!is_line) return op.Emit(conv, std::move(inputs));
  TESSERA_ASSIGN_OR_RETURN(const ValueId y, op.Add(conv, std::move(inputs)));
  TESSERA_ASSIGN_OR_RETURN(std::vector<Extent> extents, op.ValueExtents(y));
  extents.erase(extents.begin() + 2);
  return op.Emit(Reshape{std::move(extents)}, {y});
}

Status ImportPool(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  Pool pool;
  pool.kind = op.op_type() == "MaxPool" ? Pool::Kind::kMax : Pool::Kind::kAverage;
  if (!op.Has("kernel_shape")) return op.Malformed("has no kernel_shape");
  TESSERA_RETURN_IF_ERROR(ReadPair(op, "kernel_shape", kMaxKernel, pool.kernel));
  TESSERA_RETURN_IF_ERROR(ReadPair(op, "strides", kMaxKernel, pool.stride));
  TESSERA_RETURN_IF_ERROR(ReadPair(op, "dilations", kMaxDilation, pool.dilation));
  TESSERA_ASSIGN_OR_RETURN(const int64_t ceil_mode, op.Int("ceil_mode", 0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t include, op.Int("count_include_pad", 0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t storage, op.Int("storage_order", 0));
  if (storage != 0 || op.output_count() > 1) {
    return op.Unsupported("the positions of the largest elements; only the elements are supported");
  }
  TESSERA_ASSIGN_OR_RETURN(const Padding padding, ReadPadding(op));
  pool.pads_begin = padding.begin;
  pool.pads_end = padding.end;
  pool.ceil_mode = ceil_mode != 0;
  pool.count_include_pad = include != 0;
  const bool same = padding.auto_pad == Conv::AutoPad::kSameUpper ||
                    padding.auto_pad == Conv::AutoPad::kSameLower;
  for (size_t axis = 0; axis < 2 && same; ++axis) {
    // For sizes that are multiples of the stride, as of all strides before.
    const int64_t window = (pool.kernel[axis] - 1) * pool.dilation[axis] + 1;
    const int64_t total = std::max<int64_t>(0, window - pool.stride[axis]);
    const bool upper = padding.auto_pad == Conv::AutoPad::kSameUpper;
    pool.pads_begin[axis] = upper ? total / 2 : total - total / 2;
    pool.pads_end[axis] = total - pool.pads_begin[axis];
  }
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t window = (pool.kernel[axis] - 1) * pool.dilation[axis] + 1;
    if (pool.pads_begin[axis] >= window || pool.pads_end[axis] >= window) {
      return op.Malformed("pads by more than the window");
    }
  }
  return op.Emit(pool, {x});
}

Status ImportBatchNormalization(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  BatchNormalization normalization;
  TESSERA_ASSIGN_OR_RETURN(normalization.epsilon, op.Float("epsilon", normalization.epsilon));
  TESSERA_ASSIGN_OR_RETURN(const int64_t training, op.Int("training_mode", 0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t spatial, op.Int("spatial", 1));
  op.Ignore("momentum");  // used in training only
  if (training != 0) return op.Unsupported("training mode; export the model for inference");
  if (spatial != 1) return op.Unsupported("spatial = 0; one scale per channel is supported");

  std::vector<ValueId> inputs = {x};
  for (size_t i = 1; i < 5; ++i) {
    TESSERA_ASSIGN_OR_RETURN(const ValueId id, op.WeightInput(i));
    inputs.push_back(id);
    const Shape& shape = op.graph().value(id).shape;
    const Shape& scale = op.graph().value(inputs[1]).shape;
    if (shape.size() != 1 || shape[0] < 1 || shape != scale) {
      return op.Malformed("scale, bias, mean and variance must have one element per channel");
    }
  }
  return op.Emit(normalization, std::move(inputs));
}

}  // namespace tessera
