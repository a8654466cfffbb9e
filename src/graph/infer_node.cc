#include "graph/infer_node.h"

#include <algorithm>
#include <string>

#include "graph/rational.h"

namespace tessera {
namespace {

Status Mismatch(std::string message) {
  return Status(StatusCode::kModelFormat, std::move(message));
}

int64_t ConvExtent(const Conv& conv, size_t axis, int64_t input) {
  const int64_t window = (conv.kernel[axis] - 1) * conv.dilation[axis] + 1;
  if (conv.auto_pad == Conv::AutoPad::kSameUpper || conv.auto_pad == Conv::AutoPad::kSameLower) {
    return (input + conv.stride[axis] - 1) / conv.stride[axis];
  }
  const bool padded = conv.auto_pad == Conv::AutoPad::kExplicit;
  const int64_t pads = padded ? conv.pads_begin[axis] + conv.pads_end[axis] : 0;
  const int64_t room = input + pads - window;
  return room < 0 ? 0 : room / conv.stride[axis] + 1;
}

// Computes one node's shape; `shape(i)` are its inputs' shapes.
class Inferrer {
 public:
  Inferrer(const Graph& graph, const Node& node) : graph_(graph), node_(node) {}

  Result<Shape> operator()(const Conv& conv) {
    const Shape& x = shape(0);
    const Shape& weights = shape(1);
    TESSERA_RETURN_IF_ERROR(RequireImage(x));
    const int64_t channels = weights[1] * conv.groups;
    if (x[1] != kUnknownDim && x[1] != channels) {
      return Mismatch("weights " + ShapeToString(weights) + " with " + std::to_string(conv.groups) +
                      " group(s) need " + std::to_string(channels) +
                      " channels but the input has " + std::to_string(x[1]));
    }
    Shape y = {x[0], weights[0], kUnknownDim, kUnknownDim};
    for (size_t axis = 0; axis < 2; ++axis) {
      if (x[axis + 2] != kUnknownDim) y[axis + 2] = ConvExtent(conv, axis, x[axis + 2]);
    }
    return y;
  }

  Result<Shape> operator()(const Clip&) { return shape(0); }
  Result<Shape> operator()(const LeakyRelu&) { return shape(0); }

  Result<Shape> operator()(const PRelu&) { return shape(0); }
  Result<Shape> operator()(const Unary&) { return shape(0); }
  Result<Shape> operator()(const FakeQuantize&) { return shape(0); }

  Result<Shape> operator()(const Binary&) { return Broadcast(shape(0), shape(1)); }

  Result<Shape> operator()(const Concat& concat) {
    Shape y = shape(0);
    const auto joined = static_cast<size_t>(concat.axis);
    if (joined >= y.size()) return Mismatch("there is no axis " + std::to_string(concat.axis));
    for (size_t i = 1; i < node_.inputs.size(); ++i) {
      const Shape& x = shape(i);
      if (x.size() != y.size()) return Mismatch("joins tensors of different ranks");
      for (size_t axis = 0; axis < y.size(); ++axis) {
        if (axis == joined) {
          const bool known = y[axis] != kUnknownDim && x[axis] != kUnknownDim;
          y[axis] = known ? y[axis] + x[axis] : kUnknownDim;
        } else if (y[axis] == kUnknownDim) {
          y[axis] = x[axis];
        } else if (x[axis] != kUnknownDim && x[axis] != y[axis]) {
          return Mismatch("joins tensors of shapes " + ShapeToString(shape(0)) + " and " +
                          ShapeToString(x));
        }
      }
    }
    return y;
  }

  Result<Shape> operator()(const DepthToSpace& depth_to_space) {
    const Shape& x = shape(0);
    TESSERA_RETURN_IF_ERROR(RequireImage(x));
    const int64_t block = depth_to_space.block;
    if (x[1] != kUnknownDim && x[1] % (block * block) != 0) {
      return Mismatch("a block of " + std::to_string(block) + " needs a multiple of " +
                      std::to_string(block * block) + " channels but the input has " +
                      std::to_string(x[1]));
    }
    return Shape{x[0], Scaled(x[1], Rational(1, block * block)), Scaled(x[2], block),
                 Scaled(x[3], block)};
  }

  Result<Shape> operator()(const Resize& resize) {
    const Shape& x = shape(0);
    TESSERA_RETURN_IF_ERROR(RequireImage(x));
    Shape y = x;
    for (size_t axis = 0; axis < 2; ++axis) {
      const auto scale = ScaleToRational(resize.scale[axis]);
      if (!scale) return Mismatch("the scale is not a ratio of small whole numbers");
      y[axis + 2] = Scaled(x[axis + 2], *scale);
    }
    return y;
  }

  Result<Shape> operator()(const Pad& pad) {
    const Shape& x = shape(0);
    TESSERA_RETURN_IF_ERROR(RequireImage(x));
    Shape y = x;
    for (size_t axis = 0; axis < 2; ++axis) {
      if (x[axis + 2] == kUnknownDim) continue;
      y[axis + 2] = std::max<int64_t>(0, x[axis + 2] + pad.begin[axis] + pad.end[axis]);
    }
    return y;
  }

  Result<Shape> operator()(const BatchNormalization&) {
    const Shape& x = shape(0);
    TESSERA_RETURN_IF_ERROR(RequireImage(x));
    const int64_t channels = shape(1)[0];
    if (x[1] != kUnknownDim && x[1] != channels) {
      return Mismatch("has parameters for " + std::to_string(channels) +
                      " channels but the input has " + std::to_string(x[1]));
    }
    Shape y = x;
    y[1] = channels;
    return y;
  }

  Result<Shape> operator()(const Transpose& transpose) {
    const Shape& x = shape(0);
    if (x.size() != transpose.permutation.size()) {
      return Mismatch("permutes " + std::to_string(transpose.permutation.size()) +
                      " axes of a tensor with " + std::to_string(x.size()));
    }
    Shape y;
    for (const int64_t axis : transpose.permutation) y.push_back(x[static_cast<size_t>(axis)]);
    return y;
  }

 private:
  const Shape& shape(size_t input) const { return graph_.value(node_.inputs[input]).shape; }

  static Status RequireImage(const Shape& x) {
    if (x.size() == 4) return Status::Ok();
    return Mismatch("needs an input of shape [N, C, H, W] but has " + ShapeToString(x));
  }

  static int64_t Scaled(int64_t extent, Rational scale) {
    return extent == kUnknownDim ? kUnknownDim : (Rational(extent) * scale).Floor();
  }

  const Graph& graph_;
  const Node& node_;
};

}  // namespace

std::string ShapeToString(const Shape& shape) {
  std::string text = "[";
  for (const int64_t extent : shape) {
    if (text.size() > 1) text += ", ";
    text += extent == kUnknownDim ? "?" : std::to_string(extent);
  }
  return text + "]";
}

Result<Shape> Broadcast(const Shape& a, const Shape& b) {
  Shape y(std::max(a.size(), b.size()));
  for (size_t i = 0; i < y.size(); ++i) {  // from the innermost axis
    const int64_t p = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t q = i < b.size() ? b[b.size() - 1 - i] : 1;
    int64_t& extent = y[y.size() - 1 - i];
    if (p == q || q == 1) {
      extent = p;
    } else if (p == 1) {
      extent = q;
    } else if (p == kUnknownDim || q == kUnknownDim) {
      extent = p == kUnknownDim ? q : p;
    } else {
      return Mismatch("shapes " + ShapeToString(a) + " and " + ShapeToString(b) +
                      " do not fit together");
    }
  }
  return y;
}

void ResolveAutoPad(Conv& conv, int64_t height, int64_t width) {
  if (conv.auto_pad == Conv::AutoPad::kExplicit) return;
  const std::array<int64_t, 2> extent = {height, width};
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t window = (conv.kernel[axis] - 1) * conv.dilation[axis] + 1;
    const int64_t covered = (ConvExtent(conv, axis, extent[axis]) - 1) * conv.stride[axis] + window;
    const bool same = conv.auto_pad != Conv::AutoPad::kValid;
    const int64_t total = same ? std::max<int64_t>(0, covered - extent[axis]) : 0;
    const bool upper = conv.auto_pad == Conv::AutoPad::kSameUpper;
    conv.pads_begin[axis] = upper ? total / 2 : total - total / 2;
    conv.pads_end[axis] = total - conv.pads_begin[axis];
  }
  conv.auto_pad = Conv::AutoPad::kExplicit;
}

Result<Shape> InferNode(const Graph& graph, const Node& node) {
  Result<Shape> shape = std::visit(Inferrer(graph, node), node.operation);
  if (!shape.ok()) return AtNode(node, shape.status());
  // Bounds every extent, so that the next node's arithmetic cannot overflow.
  constexpr int64_t kMaxExtent = Rational::kMaxPart / 8192;
  for (const int64_t extent : *shape) {
    if (extent == 0) {
      return AtNode(node, Status(StatusCode::kInvalidArgument,
                                 "the image is too small: nothing is left after this operator"));
    }
    if (extent > kMaxExtent) {
      return AtNode(node, Status(StatusCode::kImageTooLarge,
                                 "its output would have extents " + ShapeToString(*shape)));
    }
  }
  return shape;
}

}  // namespace tessera
