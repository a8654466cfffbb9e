#include "reference_interpreter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace tessera::test {
namespace {

int64_t Count(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

Dense Zeros(Shape shape) {
  Dense tensor;
  tensor.elements.assign(static_cast<size_t>(Count(shape)), 0.0f);
  tensor.shape = std::move(shape);
  return tensor;
}

// One element of a rank-4 tensor.
float& At(Dense& t, int64_t n, int64_t c, int64_t y, int64_t x) {
  return t.elements[static_cast<size_t>(((n * t.shape[1] + c) * t.shape[2] + y) * t.shape[3] + x)];
}
float At(const Dense& t, int64_t n, int64_t c, int64_t y, int64_t x) {
  return At(const_cast<Dense&>(t), n, c, y, x);
}

// As At, with zero outside the image.
float AtOrZero(const Dense& t, int64_t n, int64_t c, int64_t y, int64_t x) {
  const bool inside = y >= 0 && y < t.shape[2] && x >= 0 && x < t.shape[3];
  return inside ? At(t, n, c, y, x) : 0.0f;
}

template <typename ElementOf>
Dense Fill4(Shape shape, ElementOf element) {
  Dense out = Zeros(std::move(shape));
  for (int64_t n = 0; n < out.shape[0]; ++n) {
    for (int64_t c = 0; c < out.shape[1]; ++c) {
      for (int64_t y = 0; y < out.shape[2]; ++y) {
        for (int64_t x = 0; x < out.shape[3]; ++x) At(out, n, c, y, x) = element(n, c, y, x);
      }
    }
  }
  return out;
}

template <typename Function>
Dense Map(const Dense& x, Function function) {
  Dense out = x;
  for (float& element : out.elements) element = function(element);
  return out;
}

// The element of `t` that broadcasting pairs with the element of `shape` at flat index `flat`.
float Broadcast(const Dense& t, const Shape& shape, int64_t flat) {
  int64_t offset = 0;
  int64_t stride = 1;
  for (size_t back = 1; back <= shape.size(); ++back) {
    const int64_t extent = shape[shape.size() - back];
    const int64_t position = flat % extent;
    flat /= extent;
    if (back > t.shape.size()) continue;
    const int64_t own = t.shape[t.shape.size() - back];
    if (own > 1) offset += position * stride;
    stride *= own;
  }
  return t.elements[static_cast<size_t>(offset)];
}

template <typename Function>
Dense Zip(const Dense& a, const Dense& b, Function function) {
  Shape shape(std::max(a.shape.size(), b.shape.size()), 1);
  for (size_t back = 1; back <= shape.size(); ++back) {
    int64_t& extent = shape[shape.size() - back];
    if (back <= a.shape.size()) extent = a.shape[a.shape.size() - back];
    if (back <= b.shape.size() && extent == 1) extent = b.shape[b.shape.size() - back];
  }
  Dense out = Zeros(shape);
  for (int64_t i = 0; i < Count(shape); ++i) {
    out.elements[static_cast<size_t>(i)] = function(Broadcast(a, shape, i), Broadcast(b, shape, i));
  }
  return out;
}

// Padding before the first element and the number of outputs along one axis.
struct ConvAxis {
  int64_t pad = 0;
  int64_t outputs = 0;
};

ConvAxis PlanAxis(const Conv& conv, size_t axis, int64_t extent) {
  const int64_t stride = conv.stride[axis];
  const int64_t window = (conv.kernel[axis] - 1) * conv.dilation[axis] + 1;
  switch (conv.auto_pad) {
    case Conv::AutoPad::kExplicit:
      return {conv.pads_begin[axis],
              (extent + conv.pads_begin[axis] + conv.pads_end[axis] - window) / stride + 1};
    case Conv::AutoPad::kValid:
      return {0, (extent - window) / stride + 1};
    case Conv::AutoPad::kSameUpper:
    case Conv::AutoPad::kSameLower:
      break;
  }
  const int64_t outputs = (extent + stride - 1) / stride;
  int64_t total = (outputs - 1) * stride + window - extent;
  if (total < 0) total = 0;
  const bool odd_goes_first = conv.auto_pad == Conv::AutoPad::kSameLower;
  return {(total + (odd_goes_first ? 1 : 0)) / 2, outputs};
}

double ResizePosition(const Resize& resize, double scale, int64_t i, int64_t input,
                      int64_t output) {
  const auto index = static_cast<double>(i);
  switch (resize.coordinates) {
    case Resize::Coordinates::kHalfPixel:
      return (index + 0.5) / scale - 0.5;
    case Resize::Coordinates::kPytorchHalfPixel:
      return output > 1 ? (index + 0.5) / scale - 0.5 : 0.0;
    case Resize::Coordinates::kAsymmetric:
      return index / scale;
    case Resize::Coordinates::kAlignCorners:
      break;
  }
  return output > 1 ? index * static_cast<double>(input - 1) / static_cast<double>(output - 1)
                    : 0.0;
}

// Positions are ratios of small numbers. This takes off the rounding error, which would decide ties
// and would make the same phase differ from place to place.
double Tidy(double position) { return std::round(position * 720720.0) / 720720.0; }

double RoundPosition(Resize::Rounding rounding, double position) {
  const double tidy = Tidy(position);
  switch (rounding) {
    case Resize::Rounding::kRoundPreferFloor:
      return std::ceil(tidy - 0.5);
    case Resize::Rounding::kRoundPreferCeil:
      return std::floor(tidy + 0.5);
    case Resize::Rounding::kFloor:
      return std::floor(tidy);
    case Resize::Rounding::kCeil:
      return std::ceil(tidy);
  }
  return 0.0;
}

std::vector<int64_t> IndexOf(int64_t flat, const Shape& shape) {
  std::vector<int64_t> index(shape.size());
  for (size_t axis = shape.size(); axis-- > 0; flat /= shape[axis]) {
    index[axis] = flat % shape[axis];
  }
  return index;
}

int64_t FlatOf(const std::vector<int64_t>& index, const Shape& shape) {
  int64_t flat = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis) flat = flat * shape[axis] + index[axis];
  return flat;
}

float Element(const Dense& t, const std::vector<int64_t>& index) {
  return t.elements[static_cast<size_t>(FlatOf(index, t.shape))];
}

// The element at the innermost axes of `index`; axes of one element repeat it.
float Repeated(const Dense& t, const std::vector<int64_t>& index) {
  std::vector<int64_t> own(t.shape.size());
  for (size_t axis = 0; axis < own.size(); ++axis) {
    own[axis] = t.shape[axis] == 1 ? 0 : index[index.size() - own.size() + axis];
  }
  return Element(t, own);
}

// A tensor of any rank from the index of each element.
template <typename ElementOf>
Dense Rearrange(Shape shape, ElementOf element) {
  Dense out = Zeros(std::move(shape));
  for (size_t i = 0; i < out.elements.size(); ++i) {
    out.elements[i] = element(IndexOf(static_cast<int64_t>(i), out.shape));
  }
  return out;
}

// The definitions of ONNX's operators.
double Function(const Unary& unary, double x, double alpha) {
  const auto beta = static_cast<double>(unary.beta);
  switch (unary.kind) {
    case Unary::Kind::kSigmoid:
      return 1.0 / (1.0 + std::exp(-x));
    case Unary::Kind::kTanh:
      return std::tanh(x);
    case Unary::Kind::kGelu:
      return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
    case Unary::Kind::kGeluTanh:
      return 0.5 * x * (1.0 + std::tanh(0.7978845608028654 * (x + 0.044715 * std::pow(x, 3.0))));
    case Unary::Kind::kSilu:
      return x / (1.0 + std::exp(-x));
    case Unary::Kind::kErf:
      return std::erf(x);
    case Unary::Kind::kSoftplus:
      return std::log(1.0 + std::exp(x));
    case Unary::Kind::kElu:
      return x < 0.0 ? alpha * (std::exp(x) - 1.0) : x;
    case Unary::Kind::kSelu:
      return beta * (x < 0.0 ? alpha * (std::exp(x) - 1.0) : x);
    case Unary::Kind::kCelu:
      return std::max(0.0, x) + std::min(0.0, alpha * (std::exp(x / alpha) - 1.0));
    case Unary::Kind::kHardSigmoid:
      return std::max(0.0, std::min(1.0, alpha * x + beta));
    case Unary::Kind::kHardSwish:
      return x * std::max(0.0, std::min(1.0, x / 6.0 + 0.5));
    case Unary::Kind::kMish:
      return x * std::tanh(std::log(1.0 + std::exp(x)));
    case Unary::Kind::kSoftsign:
      return x / (1.0 + std::abs(x));
    case Unary::Kind::kThresholdedRelu:
      return x > alpha ? x : 0.0;
    case Unary::Kind::kAbs:
      return std::abs(x);
    case Unary::Kind::kNeg:
      return -x;
    case Unary::Kind::kExp:
      return std::exp(x);
    case Unary::Kind::kLog:
      return std::log(x);
    case Unary::Kind::kSqrt:
      return std::sqrt(x);
    case Unary::Kind::kReciprocal:
      return 1.0 / x;
    case Unary::Kind::kFloor:
      return std::floor(x);
    case Unary::Kind::kCeil:
      return std::ceil(x);
    case Unary::Kind::kRound:
      return std::nearbyint(x);
    case Unary::Kind::kSign:
      return x == 0.0 ? 0.0 : std::copysign(1.0, x);
    case Unary::Kind::kSin:
      return std::sin(x);
    case Unary::Kind::kCos:
      break;
  }
  return std::cos(x);
}

class Interpreter {
 public:
  Interpreter(const Graph& graph, const Dense& input) : graph_(graph) {
    values_.resize(graph.values.size());
    for (size_t i = 0; i < graph.values.size(); ++i) {
      const Value& value = graph.values[i];
      if (value.constant) values_[i] = {value.shape, value.constant->floats};
    }
    values_[static_cast<size_t>(graph.input)] = input;
  }

  Dense Run() {
    for (const Node& node : graph_.nodes) {
      node_ = &node;
      values_[static_cast<size_t>(node.output)] = std::visit(*this, node.operation);
    }
    return values_[static_cast<size_t>(graph_.output)];
  }

  Dense operator()(const Conv& conv) const {
    const Dense& x = In(0);
    const Dense& w = In(1);
    const ConvAxis rows = PlanAxis(conv, 0, x.shape[2]);
    const ConvAxis columns = PlanAxis(conv, 1, x.shape[3]);
    const int64_t outputs_per_group = w.shape[0] / conv.groups;
    const Shape shape = {x.shape[0], w.shape[0], rows.outputs, columns.outputs};
    return Fill4(shape, [&](int64_t n, int64_t o, int64_t y, int64_t x0) {
      double sum = node_->inputs.size() > 2 ? In(2).elements[static_cast<size_t>(o)] : 0.0;
      for (int64_t i = 0; i < w.shape[1]; ++i) {
        const int64_t channel = o / outputs_per_group * w.shape[1] + i;
        for (int64_t ky = 0; ky < w.shape[2]; ++ky) {
          for (int64_t kx = 0; kx < w.shape[3]; ++kx) {
            const int64_t row = y * conv.stride[0] - rows.pad + ky * conv.dilation[0];
            const int64_t column = x0 * conv.stride[1] - columns.pad + kx * conv.dilation[1];
            sum += static_cast<double>(At(w, o, i, ky, kx)) * AtOrZero(x, n, channel, row, column);
          }
        }
      }
      return std::min(std::max(static_cast<float>(sum), conv.min), conv.max);
    });
  }

  Dense operator()(const Clip& clip) const {
    return Map(In(0), [&](float x) { return std::min(std::max(x, clip.min), clip.max); });
  }

  Dense operator()(const LeakyRelu& leaky_relu) const {
    return Map(In(0), [&](float x) { return x < 0.0f ? leaky_relu.alpha * x : x; });
  }

  Dense operator()(const Unary& unary) const {
    return Map(In(0), [&](float x) {
      return static_cast<float>(
          Function(unary, static_cast<double>(x), static_cast<double>(unary.alpha)));
    });
  }

  Dense operator()(const FakeQuantize& fake) const {
    const Quantization& q = fake.quantization;
    return Map(In(0), [&](float x) {
      const float code = std::nearbyint(x / q.scale) + static_cast<float>(q.zero_point);
      const float saturated =
          std::min(std::max(code, static_cast<float>(q.lowest())), static_cast<float>(q.highest()));
      return (saturated - static_cast<float>(q.zero_point)) * q.scale;
    });
  }

  Dense operator()(const PRelu&) const {
    Dense slope = In(1);
    // A plain vector of slopes is one per channel.
    if (slope.shape.size() == 1) slope.shape = {1, slope.shape[0], 1, 1};
    return Zip(In(0), slope, [](float x, float s) { return x < 0.0f ? s * x : x; });
  }

  Dense operator()(const Binary& binary) const {
    return Zip(In(0), In(1), [&](float a, float b) -> float {
      switch (binary.kind) {
        case Binary::Kind::kAdd:
          return a + b;
        case Binary::Kind::kSub:
          return a - b;
        case Binary::Kind::kMul:
          return a * b;
        case Binary::Kind::kDiv:
          return a / b;
        case Binary::Kind::kMin:
          return std::min(a, b);
        case Binary::Kind::kMax:
          return std::max(a, b);
        case Binary::Kind::kPow:
          return std::pow(a, b);
        case Binary::Kind::kMod:
          break;
      }
      return a - b * std::floor(a / b);
    });
  }

  Dense operator()(const Concat& concat) const {
    const auto axis = static_cast<size_t>(concat.axis);
    Shape shape = In(0).shape;
    int64_t outer = 1;
    for (size_t i = 0; i < axis; ++i) outer *= shape[i];
    shape[axis] = 0;
    for (size_t i = 0; i < node_->inputs.size(); ++i) shape[axis] += In(i).shape[axis];
    Dense out{shape, {}};
    for (int64_t block = 0; block < outer; ++block) {
      for (size_t i = 0; i < node_->inputs.size(); ++i) {
        const auto length = static_cast<int64_t>(In(i).elements.size()) / outer;
        const auto from = In(i).elements.begin() + block * length;
        out.elements.insert(out.elements.end(), from, from + length);
      }
    }
    return out;
  }

  Dense operator()(const DepthToSpace& depth_to_space) const {
    const Dense& x = In(0);
    const int64_t b = depth_to_space.block;
    const int64_t channels = x.shape[1] / (b * b);
    const bool crd = depth_to_space.order == DepthToSpace::Order::kCrd;
    return Fill4({x.shape[0], channels, x.shape[2] * b, x.shape[3] * b},
                 [&](int64_t n, int64_t c, int64_t y, int64_t x0) {
                   const int64_t place = y % b * b + x0 % b;
                   const int64_t channel = crd ? c * b * b + place : place * channels + c;
                   return At(x, n, channel, y / b, x0 / b);
                 });
  }

  Dense operator()(const Resize& resize) const {
    const Dense& x = In(0);
    const ResizeAxes axes = SizesOf(resize, x);
    const Shape shape = {x.shape[0], x.shape[1], axes[0].output, axes[1].output};
    return Fill4(shape, [&](int64_t n, int64_t c, int64_t y, int64_t x0) {
      double sum = 0.0;
      for (const Tap& row : Taps(resize, axes[0], y)) {
        for (const Tap& column : Taps(resize, axes[1], x0)) {
          sum += row.weight * column.weight * static_cast<double>(At(x, n, c, row.at, column.at));
        }
      }
      return static_cast<float>(sum);
    });
  }

  Dense operator()(const Pad& pad) const {
    const Dense x = Crop(In(0), pad);
    const std::array<int64_t, 2> top_left = {std::max<int64_t>(0, pad.begin[0]),
                                             std::max<int64_t>(0, pad.begin[1])};
    const Shape shape = {x.shape[0], x.shape[1],
                         x.shape[2] + top_left[0] + std::max<int64_t>(0, pad.end[0]),
                         x.shape[3] + top_left[1] + std::max<int64_t>(0, pad.end[1])};
    return Fill4(shape, [&](int64_t n, int64_t c, int64_t y, int64_t x0) {
      int64_t row = y - top_left[0];
      int64_t column = x0 - top_left[1];
      const bool inside = row >= 0 && row < x.shape[2] && column >= 0 && column < x.shape[3];
      if (!inside && pad.mode == Pad::Mode::kConstant) return pad.value;
      while (row < 0 || row >= x.shape[2]) row = MoveIn(pad.mode, row, x.shape[2]);
      while (column < 0 || column >= x.shape[3]) column = MoveIn(pad.mode, column, x.shape[3]);
      return At(x, n, c, row, column);
    });
  }

  Dense operator()(const SpaceToDepth& space_to_depth) const {
    const Dense& x = In(0);
    const int64_t b = space_to_depth.block;
    const int64_t channels = x.shape[1];
    return Fill4({x.shape[0], channels * b * b, x.shape[2] / b, x.shape[3] / b},
                 [&](int64_t n, int64_t c, int64_t y, int64_t x0) {
                   const int64_t place = c / channels;
                   return At(x, n, c % channels, y * b + place / b, x0 * b + place % b);
                 });
  }

  Dense operator()(const SelectChannels& select) const {
    const Dense& x = In(0);
    const auto channels = static_cast<int64_t>(select.source.size());
    return Fill4({x.shape[0], channels, x.shape[2], x.shape[3]},
                 [&](int64_t n, int64_t c, int64_t y, int64_t x0) {
                   return At(x, n, select.source[static_cast<size_t>(c)], y, x0);
                 });
  }

  Dense operator()(const Pool& pool) const {
    const Dense& x = In(0);
    Shape shape = x.shape;
    for (size_t axis = 0; axis < 2; ++axis) shape[axis + 2] = CountWindows(pool, axis, x);
    return Fill4(shape, [&](int64_t n, int64_t c, int64_t y, int64_t x0) {
      double sum = 0.0;
      double highest = -std::numeric_limits<double>::infinity();
      int64_t counted = 0;
      for (int64_t ky = 0; ky < pool.kernel[0]; ++ky) {
        for (int64_t kx = 0; kx < pool.kernel[1]; ++kx) {
          const int64_t row = y * pool.stride[0] - pool.pads_begin[0] + ky * pool.dilation[0];
          const int64_t column = x0 * pool.stride[1] - pool.pads_begin[1] + kx * pool.dilation[1];
          const bool inside = row >= 0 && row < x.shape[2] && column >= 0 && column < x.shape[3];
          const bool padding =
              row < x.shape[2] + pool.pads_end[0] && column < x.shape[3] + pool.pads_end[1];
          if (inside || (pool.count_include_pad && padding)) ++counted;
          if (!inside) continue;
          sum += static_cast<double>(At(x, n, c, row, column));
          highest = std::max(highest, static_cast<double>(At(x, n, c, row, column)));
        }
      }
      const bool is_max = pool.kind == Pool::Kind::kMax;
      return static_cast<float>(is_max ? highest : sum / static_cast<double>(counted));
    });
  }

  Dense operator()(const Reduce& reduce) const {
    const Dense& x = In(0);
    Shape shape = x.shape;
    for (const int64_t axis : reduce.axes) shape[static_cast<size_t>(axis)] = 1;
    // Where each element of the input goes.
    std::vector<std::vector<double>> parts(static_cast<size_t>(Count(shape)));
    for (int64_t i = 0; i < Count(x.shape); ++i) {
      std::vector<int64_t> index = IndexOf(i, x.shape);
      for (const int64_t axis : reduce.axes) index[static_cast<size_t>(axis)] = 0;
      parts[static_cast<size_t>(FlatOf(index, shape))].push_back(
          static_cast<double>(x.elements[static_cast<size_t>(i)]));
    }
    Dense out = Zeros(shape);
    for (size_t i = 0; i < parts.size(); ++i) {
      out.elements[i] = static_cast<float>(Reduced(reduce.kind, parts[i]));
    }
    return out;
  }

  Dense operator()(const Softmax& softmax) const {
    const Dense& x = In(0);
    const auto axis = static_cast<size_t>(softmax.axis);
    return Rearrange(x.shape, [&](const std::vector<int64_t>& index) {
      double sum = 0.0;
      std::vector<int64_t> other = index;
      const auto own = static_cast<double>(Element(x, index));
      for (other[axis] = 0; other[axis] < x.shape[axis]; ++other[axis]) {
        sum += std::exp(static_cast<double>(Element(x, other)) - own);
      }
      return static_cast<float>(softmax.log ? -std::log(sum) : 1.0 / sum);
    });
  }

  Dense operator()(const Reshape& reshape) const {
    return {Evaluate(reshape.shape), In(0).elements};
  }

  Dense operator()(const Slice& slice) const {
    const Dense& x = In(0);
    const auto axis = static_cast<size_t>(slice.axis);
    const Shape range = Evaluate({slice.start, slice.end});
    Shape shape = x.shape;
    shape[axis] = 0;
    for (int64_t i = range[0]; i < range[1]; i += slice.step) ++shape[axis];
    return Rearrange(shape, [&](std::vector<int64_t> index) {
      index[axis] = range[0] + index[axis] * slice.step;
      return Element(x, index);
    });
  }

  Dense operator()(const Gather& gather) const {
    const Dense& x = In(0);
    const auto axis = static_cast<size_t>(gather.axis);
    Shape shape = x.shape;
    shape[axis] = static_cast<int64_t>(gather.indices.size());
    return Rearrange(shape, [&](std::vector<int64_t> index) {
      index[axis] = gather.indices[static_cast<size_t>(index[axis])];
      return Element(x, index);
    });
  }

  Dense operator()(const Expand& expand) const {
    const Dense ones = Map(Zeros(Evaluate(expand.shape)), [](float) { return 1.0f; });
    return Zip(In(0), ones, [](float x, float one) { return x * one; });
  }

  Dense operator()(const MatMul&) const {
    const Dense& a = In(0);
    const Dense& b = In(1);
    const int64_t inner = a.shape.back();
    Shape shape(std::max(a.shape.size(), b.shape.size()), 1);
    for (size_t back = 3; back <= shape.size(); ++back) {
      int64_t& extent = shape[shape.size() - back];
      if (back <= a.shape.size()) extent = std::max(extent, a.shape[a.shape.size() - back]);
      if (back <= b.shape.size()) extent = std::max(extent, b.shape[b.shape.size() - back]);
    }
    shape[shape.size() - 2] = a.shape[a.shape.size() - 2];
    shape.back() = b.shape.back();
    return Rearrange(shape, [&](const std::vector<int64_t>& index) {
      double sum = 0.0;
      std::vector<int64_t> left = index;
      std::vector<int64_t> right = index;
      for (int64_t k = 0; k < inner; ++k) {
        left.back() = k;
        right[right.size() - 2] = k;
        sum += static_cast<double>(Repeated(a, left)) * static_cast<double>(Repeated(b, right));
      }
      return static_cast<float>(sum);
    });
  }

  Dense operator()(const Relayout&) const { return In(0); }

  Dense operator()(const BatchNormalization& normalization) const {
    const Dense& x = In(0);
    return Fill4(x.shape, [&](int64_t n, int64_t c, int64_t y, int64_t x0) {
      const auto i = static_cast<size_t>(c);
      const double deviation =
          std::sqrt(static_cast<double>(In(4).elements[i]) + normalization.epsilon);
      const double centred = static_cast<double>(At(x, n, c, y, x0)) - In(3).elements[i];
      return static_cast<float>(centred / deviation * In(1).elements[i] + In(2).elements[i]);
    });
  }

  Dense operator()(const Transpose& transpose) const {
    const Dense& x = In(0);
    Shape shape;
    for (const int64_t axis : transpose.permutation) {
      shape.push_back(x.shape[static_cast<size_t>(axis)]);
    }
    return Rearrange(shape, [&](const std::vector<int64_t>& to) {
      std::vector<int64_t> from(to.size());
      for (size_t i = 0; i < to.size(); ++i) {
        from[static_cast<size_t>(transpose.permutation[i])] = to[i];
      }
      return Element(x, from);
    });
  }

 private:
  const Dense& In(size_t i) const { return values_[static_cast<size_t>(node_->inputs[i])]; }

  // Extents for the image at hand.
  Shape Evaluate(const std::vector<Extent>& extents) const {
    const Shape& image = values_[static_cast<size_t>(graph_.input)].shape;
    Shape shape;
    for (const Extent& extent : extents) {
      const bool is_image = image.size() == 4;
      shape.push_back(*extent.At(is_image ? image[2] : 1, is_image ? image[3] : 1));
    }
    return shape;
  }

  // Negative padding takes away.
  static Dense Crop(const Dense& x, const Pad& pad) {
    const int64_t top = std::max<int64_t>(0, -pad.begin[0]);
    const int64_t left = std::max<int64_t>(0, -pad.begin[1]);
    const Shape shape = {x.shape[0], x.shape[1],
                         x.shape[2] - top - std::max<int64_t>(0, -pad.end[0]),
                         x.shape[3] - left - std::max<int64_t>(0, -pad.end[1])};
    return Fill4(shape, [&](int64_t n, int64_t c, int64_t y, int64_t x0) {
      return At(x, n, c, y + top, x0 + left);
    });
  }

  // One step nearer to an axis of `size`.
  static int64_t MoveIn(Pad::Mode mode, int64_t at, int64_t size) {
    switch (mode) {
      case Pad::Mode::kReflect:
        if (size == 1) return 0;
        return at < 0 ? -at : 2 * (size - 1) - at;
      case Pad::Mode::kWrap:
        return at < 0 ? at + size : at - size;
      default:
        return at < 0 ? 0 : size - 1;
    }
  }

  // Windows that begin before the end padding and, without ceil_mode, end before it.
  static int64_t CountWindows(const Pool& pool, size_t axis, const Dense& x) {
    const int64_t window = (pool.kernel[axis] - 1) * pool.dilation[axis] + 1;
    const int64_t padded = x.shape[axis + 2] + pool.pads_begin[axis] + pool.pads_end[axis];
    int64_t count = 0;
    for (int64_t start = 0; start < padded; start += pool.stride[axis]) {
      const bool fits = start + window <= padded;
      // The first window that hangs over is the last one.
      const bool previous_fits = start == 0 || start - pool.stride[axis] + window < padded;
      const bool hangs_over = pool.ceil_mode && previous_fits && start > 0 &&
                              start < x.shape[axis + 2] + pool.pads_begin[axis];
      if (fits || hangs_over) ++count;
    }
    return count;
  }

  static double Reduced(Reduce::Kind kind, const std::vector<double>& parts) {
    double sum = 0.0;
    double magnitudes = 0.0;
    double squares = 0.0;
    double product = 1.0;
    for (const double part : parts) {
      sum += part;
      magnitudes += std::abs(part);
      squares += part * part;
      product *= part;
    }
    switch (kind) {
      case Reduce::Kind::kMean:
        return sum / static_cast<double>(parts.size());
      case Reduce::Kind::kSum:
        return sum;
      case Reduce::Kind::kMax:
        return *std::max_element(parts.begin(), parts.end());
      case Reduce::Kind::kMin:
        return *std::min_element(parts.begin(), parts.end());
      case Reduce::Kind::kL1:
        return magnitudes;
      case Reduce::Kind::kL2:
        return std::sqrt(squares);
      case Reduce::Kind::kSumSquare:
        return squares;
      case Reduce::Kind::kProduct:
        break;
    }
    return product;
  }

  struct ResizeAxisSizes {
    double scale;
    int64_t input;
    int64_t output;
  };
  using ResizeAxes = std::array<ResizeAxisSizes, 2>;

  ResizeAxes SizesOf(const Resize& resize, const Dense& x) const {
    const Shape& image = values_[static_cast<size_t>(graph_.input)].shape;
    ResizeAxes axes = {};
    for (size_t axis = 0; axis < 2; ++axis) {
      const int64_t input = x.shape[axis + 2];
      if (resize.to_image) {
        const Rational part = (*resize.to_image)[axis];
        const int64_t output = image[axis + 2] * part.numerator() / part.denominator();
        axes[axis] = {static_cast<double>(output) / static_cast<double>(input), input, output};
        continue;
      }
      // The small addend undoes the rounding of a scale such as 1/3 that was stored as a float.
      const double scale = resize.scale[axis];
      const double output = std::floor(static_cast<double>(input) * scale + 1e-4);
      axes[axis] = {scale, input, static_cast<int64_t>(output)};
    }
    return axes;
  }

  // An input sample and its part in an output.
  struct Tap {
    int64_t at;
    double weight;
  };

  static std::vector<Tap> Taps(const Resize& resize, const ResizeAxisSizes& axis, int64_t i) {
    const double position = Tidy(ResizePosition(resize, axis.scale, i, axis.input, axis.output));
    const auto last = static_cast<double>(axis.input - 1);
    if (resize.mode == Resize::Mode::kNearest) {
      const double nearest = std::clamp(RoundPosition(resize.rounding, position), 0.0, last);
      return {{static_cast<int64_t>(nearest), 1.0}};
    }
    const double narrowing = resize.antialias ? std::min(1.0, axis.scale) : 1.0;
    const double reach = (resize.mode == Resize::Mode::kCubic ? 2.0 : 1.0) / narrowing;
    std::vector<Tap> taps;
    double sum = 0.0;
    for (double at = std::ceil(position - reach); at <= position + reach; ++at) {
      if (resize.exclude_outside && (at < 0.0 || at > last)) continue;
      const double weight = Kernel(resize, Tidy(at - position) * narrowing);
      sum += weight;
      taps.push_back({static_cast<int64_t>(std::clamp(at, 0.0, last)), weight});
    }
    for (Tap& tap : taps) tap.weight /= sum;
    return taps;
  }

  // The triangle, or Keys' kernel.
  static double Kernel(const Resize& resize, double distance) {
    const double x = std::abs(distance);
    if (resize.mode == Resize::Mode::kLinear) return std::max(0.0, 1.0 - x);
    const auto a = static_cast<double>(resize.cubic_a);
    if (x <= 1.0) return (a + 2.0) * x * x * x - (a + 3.0) * x * x + 1.0;
    return x < 2.0 ? a * (x * x * x - 5.0 * x * x + 8.0 * x - 4.0) : 0.0;
  }

  const Graph& graph_;
  std::vector<Dense> values_;
  const Node* node_ = nullptr;
};

}  // namespace

Dense Interpret(const Graph& graph, const Dense& input) { return Interpreter(graph, input).Run(); }

std::vector<float> Interpret(const Graph& graph, const std::vector<float>& input, int64_t height,
                             int64_t width) {
  const int64_t channels = static_cast<int64_t>(input.size()) / (height * width);
  return Interpret(graph, Dense{{1, channels, height, width}, input}).elements;
}

}  // namespace tessera::test
