#include <array>
#include <string>
#include <utility>
#include <vector>

#include "graph/import/importers.h"

// Convolutions whose weights a network makes for each picture.
namespace tessera {
namespace {

// Each tap is some steps of its own.
constexpr int64_t kMostTaps = 121;

struct Window {
  int64_t groups = 1;
  std::array<int64_t, 2> kernel = {1, 1};
  std::array<int64_t, 2> dilation = {1, 1};
  Extent height;  // of the result
  Extent width;
};

// What each tap of the kernel sees of the padded tensor.
Result<ValueId> Tap(OpContext& op, ValueId padded, const Window& window, int64_t row,
                    int64_t column) {
  const Extent top = row * window.dilation[0];
  const Extent left = column * window.dilation[1];
  TESSERA_ASSIGN_OR_RETURN(const ValueId rows,
                           op.Add(Slice{2, top, top + window.height, 1}, {padded}));
  return op.Add(Slice{3, left, left + window.width, 1}, {rows});
}

// One kernel for each channel: a sum over its taps.
Result<ValueId> Depthwise(OpContext& op, ValueId padded, ValueId weights, const Window& window) {
  ValueId sum = kNoValue;
  for (int64_t row = 0; row < window.kernel[0]; ++row) {
    for (int64_t column = 0; column < window.kernel[1]; ++column) {
      TESSERA_ASSIGN_OR_RETURN(const ValueId seen, Tap(op, padded, window, row, column));
      TESSERA_ASSIGN_OR_RETURN(const ValueId rows, op.Add(Slice{2, row, row + 1, 1}, {weights}));
      TESSERA_ASSIGN_OR_RETURN(const ValueId weight,
                               op.Add(Slice{3, column, column + 1, 1}, {rows}));
      TESSERA_ASSIGN_OR_RETURN(const ValueId factor,
                               op.Add(Reshape{{1, Extent(window.groups), 1, 1}}, {weight}));
      TESSERA_ASSIGN_OR_RETURN(const ValueId product,
                               op.Add(Binary{Binary::Kind::kMul}, {seen, factor}));
      if (sum == kNoValue) {
        sum = product;
      } else {
        TESSERA_ASSIGN_OR_RETURN(sum, op.Add(Binary{Binary::Kind::kAdd}, {sum, product}));
      }
    }
  }
  return sum;
}

// The taps side by side as a matrix, for each group.
Result<ValueId> Grouped(OpContext& op, ValueId padded, ValueId weights, const Shape& shape,
                        const Window& window) {
  const auto pixels = Extent::Product(window.height, window.width);
  if (!pixels) return op.Unsupported("of a tensor whose size is no product of H and W");
  const Extent inputs = shape[1];
  std::vector<ValueId> taps;
  for (int64_t row = 0; row < window.kernel[0]; ++row) {
    for (int64_t column = 0; column < window.kernel[1]; ++column) {
      TESSERA_ASSIGN_OR_RETURN(const ValueId seen, Tap(op, padded, window, row, column));
      TESSERA_ASSIGN_OR_RETURN(const ValueId lines,
                               op.Add(Reshape{{window.groups, inputs, 1, *pixels}}, {seen}));
      taps.push_back(lines);
    }
  }
  const auto count = static_cast<int64_t>(taps.size());
  const Extent depth = shape[1] * count;
  const Extent outputs = shape[0] / window.groups;
  ValueId together = taps[0];
  if (count > 1) {
    TESSERA_ASSIGN_OR_RETURN(together, op.Add(Concat{2}, std::move(taps)));
  }
  TESSERA_ASSIGN_OR_RETURN(const ValueId columns,
                           op.Add(Reshape{{window.groups, depth, *pixels}}, {together}));
  TESSERA_ASSIGN_OR_RETURN(const ValueId matrix,
                           op.Add(Reshape{{window.groups, outputs, depth}}, {weights}));
  TESSERA_ASSIGN_OR_RETURN(const ValueId product, op.Add(MatMul{}, {matrix, columns}));
  return op.Add(Reshape{{1, shape[0], window.height, window.width}}, {product});
}

Result<Extent> ResultExtent(OpContext& op, const Extent& extent, const Conv& conv, size_t axis) {
  const int64_t reach = (conv.kernel[axis] - 1) * conv.dilation[axis];
  const Extent result = extent + Extent(conv.pads_begin[axis] + conv.pads_end[axis] - reach);
  const auto sign = result.Sign();
  if (!sign || *sign <= 0) return op.Malformed("the kernel is larger than the padded tensor");
  return result;
}

// Makes the output the convolution of x with `weights` of `shape`.
Status EmitDynamicConvolution(OpContext& op, const Conv& conv, ValueId x, ValueId weights,
                              const Shape& shape) {
  const bool is_plain =
      conv.stride == std::array<int64_t, 2>{1, 1} && conv.auto_pad == Conv::AutoPad::kExplicit;
  if (!is_plain) {
    return op.Unsupported(
        "weights that are computed from the picture are supported with stride 1 and explicit pads");
  }
  if (conv.kernel[0] * conv.kernel[1] > kMostTaps) {
    return op.Unsupported("a kernel of more than " + std::to_string(kMostTaps) +
                          " elements whose weights are computed from the picture");
  }
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ValueExtents(x));
  if (extents.size() != 4 || !(extents[1] == Extent(shape[1] * conv.groups))) {
    return op.Malformed("the weights " + std::to_string(shape[1]) + " per group do not fit x");
  }
  Window window{conv.groups, conv.kernel, conv.dilation, {}, {}};
  TESSERA_ASSIGN_OR_RETURN(window.height, ResultExtent(op, extents[2], conv, 0));
  TESSERA_ASSIGN_OR_RETURN(window.width, ResultExtent(op, extents[3], conv, 1));
  Pad pad;
  pad.begin = conv.pads_begin;
  pad.end = conv.pads_end;
  TESSERA_ASSIGN_OR_RETURN(const ValueId padded, op.Add(pad, {x}));
  const bool is_depthwise = shape[1] == 1 && shape[0] == conv.groups;
  Result<ValueId> made = is_depthwise ? Depthwise(op, padded, weights, window)
                                      : Grouped(op, padded, weights, shape, window);
  TESSERA_ASSIGN_OR_RETURN(ValueId y, std::move(made));
  if (!op.HasInput(2)) return op.Alias(y);
  TESSERA_ASSIGN_OR_RETURN(const ValueId bias, op.Input(2));
  if (op.graph().value(bias).constant) {
    std::vector<float> elements = op.graph().value(bias).constant->floats;
    if (elements.size() != static_cast<size_t>(shape[0])) return op.Malformed("the bias is short");
    return op.Emit(Binary{Binary::Kind::kAdd},
                   {y, op.AddConstant({1, shape[0], 1, 1}, std::move(elements))});
  }
  TESSERA_ASSIGN_OR_RETURN(const ValueId added, op.Add(Reshape{{1, shape[0], 1, 1}}, {bias}));
  return op.Emit(Binary{Binary::Kind::kAdd}, {y, added});
}

// With weights that are computed from the image.
Status ImportConvOfTensors(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const ValueId w, op.TensorInput(1));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ValueExtents(w));
  Shape weights;
  for (const Extent& extent : extents) {
    const auto whole = extent.Whole();
    if (!whole) {
      return op.Unsupported(
          "its weights are computed from the image, so that their shape must be a constant");
    }
    weights.push_back(*whole);
  }
  TESSERA_ASSIGN_OR_RETURN(const Conv conv, ReadConv(op, weights));
  return EmitDynamicConvolution(op, conv, x, w, weights);
}

}  // namespace

Status ImportAnyConv(OpContext& op) {
  // What could not be imported is not known to be weights.
  const bool is_plain = op.IsConstantInput(1) || op.ReadsUnknown();
  return is_plain ? ImportConv(op) : ImportConvOfTensors(op);
}

}  // namespace tessera
