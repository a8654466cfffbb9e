#include "graph/infer_node.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

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

int64_t PoolExtent(const Pool& pool, size_t axis, int64_t input) {
  const int64_t window = (pool.kernel[axis] - 1) * pool.dilation[axis] + 1;
  const int64_t room = input + pool.pads_begin[axis] + pool.pads_end[axis] - window;
  if (room < 0) return 0;
  const int64_t stride = pool.stride[axis];
  if (!pool.ceil_mode) return room / stride + 1;
  const int64_t windows = (room + stride - 1) / stride + 1;
  // The last one must begin before the end padding.
  return (windows - 1) * stride >= input + pool.pads_begin[axis] ? windows - 1 : windows;
}

// Operators on tensors of any rank, whose extents are no positions in an image.
bool IsPlainOperation(const Operation& operation) {
  return std::holds_alternative<Reshape>(operation) || std::holds_alternative<Slice>(operation) ||
         std::holds_alternative<Gather>(operation) || std::holds_alternative<Expand>(operation) ||
         std::holds_alternative<MatMul>(operation) || std::holds_alternative<Transpose>(operation);
}

// Computes one node's shape; `shape(i)` are its inputs' shapes.
class Inferrer {
 public:
  Inferrer(const Node& node, std::span<const Shape> inputs, ImageSize image)
      : node_(node), inputs_(inputs), image_(image) {}

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

  Result<Shape> operator()(const SpaceToDepth& space_to_depth) {
    const Shape& x = shape(0);
    TESSERA_RETURN_IF_ERROR(RequireImage(x));
    const int64_t block = space_to_depth.block;
    for (size_t axis = 2; axis < 4; ++axis) {
      if (x[axis] != kUnknownDim && x[axis] % block != 0) {
        return Status(StatusCode::kInvalidArgument, "a block of " + std::to_string(block) +
                                                        " does not divide " + ShapeToString(x) +
                                                        "; the image must be a multiple of it");
      }
    }
    return Shape{x[0], Scaled(x[1], block * block), Scaled(x[2], Rational(1, block)),
                 Scaled(x[3], Rational(1, block))};
  }

  Result<Shape> operator()(const SelectChannels& select) {
    const Shape& x = shape(0);
    TESSERA_RETURN_IF_ERROR(RequireImage(x));
    for (const int64_t channel : select.source) {
      if (x[1] != kUnknownDim && channel >= x[1]) {
        return Mismatch("takes channel " + std::to_string(channel) + " of " + ShapeToString(x));
      }
    }
    return Shape{x[0], static_cast<int64_t>(select.source.size()), x[2], x[3]};
  }

  Result<Shape> operator()(const Pool& pool) {
    const Shape& x = shape(0);
    TESSERA_RETURN_IF_ERROR(RequireImage(x));
    Shape y = x;
    for (size_t axis = 0; axis < 2; ++axis) {
      if (x[axis + 2] != kUnknownDim) y[axis + 2] = PoolExtent(pool, axis, x[axis + 2]);
    }
    return y;
  }

  Result<Shape> operator()(const Reduce& reduce) {
    Shape y = shape(0);
    for (const int64_t axis : reduce.axes) {
      if (axis < 0 || static_cast<size_t>(axis) >= y.size()) return NoSuchAxis(axis, y);
      y[static_cast<size_t>(axis)] = 1;
    }
    return y;
  }

  Result<Shape> operator()(const Softmax& softmax) {
    const Shape& x = shape(0);
    if (softmax.axis < 0 || static_cast<size_t>(softmax.axis) >= x.size()) {
      return NoSuchAxis(softmax.axis, x);
    }
    return x;
  }

  Result<Shape> operator()(const Reshape& reshape) {
    Shape y;
    for (const Extent& extent : reshape.shape) {
      y.push_back(At(extent));
      if (y.back() < kUnknownDim) {
        return Status(StatusCode::kInvalidArgument,
                      "its shape (" + extent.ToString() +
                          ") is no whole number for this image; it must be a multiple of the "
                          "network's size multiple");
      }
    }
    const int64_t elements = Product(y);
    const int64_t own = Product(shape(0));
    if (own == kUnknownDim || elements == kUnknownDim || own == elements) return y;
    return Mismatch("makes " + ShapeToString(y) + " of " + ShapeToString(shape(0)) +
                    ", which has another number of elements");
  }

  Result<Shape> operator()(const Slice& slice) {
    Shape y = shape(0);
    if (slice.axis < 0 || static_cast<size_t>(slice.axis) >= y.size()) {
      return NoSuchAxis(slice.axis, y);
    }
    int64_t& extent = y[static_cast<size_t>(slice.axis)];
    const int64_t start = At(slice.start);
    const int64_t end = At(slice.end);
    if (start == kUnknownDim || end == kUnknownDim) {
      extent = kUnknownDim;
      return y;
    }
    if (start < 0 || end < start || (extent != kUnknownDim && end > extent)) {
      return Mismatch("takes elements " + std::to_string(start) + " to " + std::to_string(end) +
                      " of axis " + std::to_string(slice.axis) + " of " + ShapeToString(shape(0)));
    }
    extent = (end - start + slice.step - 1) / slice.step;
    return y;
  }

  Result<Shape> operator()(const Gather& gather) {
    Shape y = shape(0);
    if (gather.axis < 0 || static_cast<size_t>(gather.axis) >= y.size()) {
      return NoSuchAxis(gather.axis, y);
    }
    int64_t& extent = y[static_cast<size_t>(gather.axis)];
    for (const int64_t index : gather.indices) {
      if (index < 0 || (extent != kUnknownDim && index >= extent)) {
        return Mismatch("takes element " + std::to_string(index) + " of axis " +
                        std::to_string(gather.axis) + " of " + ShapeToString(shape(0)));
      }
    }
    extent = static_cast<int64_t>(gather.indices.size());
    return y;
  }

  Result<Shape> operator()(const Expand& expand) {
    Shape target;
    for (const Extent& extent : expand.shape) target.push_back(At(extent));
    return Broadcast(shape(0), target);
  }

  Result<Shape> operator()(const MatMul&) {
    const Shape& a = shape(0);
    const Shape& b = shape(1);
    if (a.size() < 2 || b.size() < 2) {
      return Mismatch("multiplies " + ShapeToString(a) + " by " + ShapeToString(b) +
                      "; two axes are needed");
    }
    const int64_t inner = a.back();
    const int64_t other = b[b.size() - 2];
    if (inner != kUnknownDim && other != kUnknownDim && inner != other) {
      return Mismatch("multiplies " + ShapeToString(a) + " by " + ShapeToString(b) +
                      ", which do not fit together");
    }
    TESSERA_ASSIGN_OR_RETURN(
        Shape y, Broadcast(Shape(a.begin(), a.end() - 2), Shape(b.begin(), b.end() - 2)));
    y.push_back(a[a.size() - 2]);
    y.push_back(b.back());
    return y;
  }

  Result<Shape> operator()(const Relayout&) {
    TESSERA_RETURN_IF_ERROR(RequireImage(shape(0)));
    return shape(0);
  }

  Result<Shape> operator()(const Resize& resize) {
    const Shape& x = shape(0);
    TESSERA_RETURN_IF_ERROR(RequireImage(x));
    Shape y = x;
    if (resize.to_image) {
      y[2] = Scaled(image_.height, (*resize.to_image)[0]);
      y[3] = Scaled(image_.width, (*resize.to_image)[1]);
      return y;
    }
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
      const int64_t most = std::max(pad.begin[axis], pad.end[axis]);
      const int64_t room = pad.mode == Pad::Mode::kReflect ? x[axis + 2] - 1
                           : pad.mode == Pad::Mode::kWrap  ? x[axis + 2]
                                                           : most;
      if (most > room) {
        return Status(StatusCode::kInvalidArgument,
                      "the image is too small: " + std::to_string(most) +
                          " pixels of padding cannot be taken from " + ShapeToString(x));
      }
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
  const Shape& shape(size_t input) const { return inputs_[input]; }

  static Status RequireImage(const Shape& x) {
    if (x.size() == 4) return Status::Ok();
    return Mismatch("needs an input of shape [N, C, H, W] but has " + ShapeToString(x));
  }

  static int64_t Scaled(int64_t extent, Rational scale) {
    return extent == kUnknownDim ? kUnknownDim : (Rational(extent) * scale).Floor();
  }

  int64_t At(const Extent& extent) const {
    const std::optional<int64_t> number = extent.Whole();
    if (number) return *number;
    if (image_.height == kUnknownDim || image_.width == kUnknownDim) return kUnknownDim;
    return extent.At(image_.height, image_.width).value_or(-2);
  }

  // kUnknownDim when an extent is, or when the product is beyond any tensor.
  static int64_t Product(const Shape& shape) {
    int64_t product = 1;
    for (const int64_t extent : shape) {
      if (extent == kUnknownDim) return kUnknownDim;
      if (__builtin_mul_overflow(product, extent, &product)) return kUnknownDim;
    }
    return product;
  }

  static Status NoSuchAxis(int64_t axis, const Shape& x) {
    return Mismatch("there is no axis " + std::to_string(axis) + " in " + ShapeToString(x));
  }

  const Node& node_;
  std::span<const Shape> inputs_;
  ImageSize image_;
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
  std::vector<Shape> inputs;
  for (const ValueId id : node.inputs) {
    inputs.push_back(id == kNoValue ? Shape{} : graph.value(id).shape);
  }
  const Shape& image = graph.value(graph.input).shape;
  TESSERA_ASSIGN_OR_RETURN(
      Shape shape,
      InferNode(node, inputs, image.size() == 4 ? ImageSize{image[2], image[3]} : ImageSize{}));
  if (graph.value(graph.input).shape.size() != 4 || shape.size() != 4) return shape;
  // Positions in images are computed with fractions; this keeps them small.
  constexpr int64_t kMaxExtent = Rational::kMaxPart / 8192;
  for (const int64_t extent : shape) {
    if (extent > kMaxExtent && !IsPlainOperation(node.operation)) {
      return AtNode(node, Status(StatusCode::kImageTooLarge,
                                 "its output would have extents " + ShapeToString(shape)));
    }
  }
  return shape;
}

Result<Shape> InferNode(const Node& node, std::span<const Shape> inputs, ImageSize image) {
  Result<Shape> shape = std::visit(Inferrer(node, inputs, image), node.operation);
  if (!shape.ok()) return AtNode(node, shape.status());
  // Bounds every extent, so that the next node's arithmetic cannot overflow.
  constexpr int64_t kMostElements = int64_t{1} << 40;
  for (const int64_t extent : *shape) {
    if (extent == 0) {
      return AtNode(node, Status(StatusCode::kInvalidArgument,
                                 "the image is too small: nothing is left after this operator"));
    }
    if (extent > kMostElements) {
      return AtNode(node, Status(StatusCode::kImageTooLarge,
                                 "its output would have extents " + ShapeToString(*shape)));
    }
  }
  return shape;
}

}  // namespace tessera
