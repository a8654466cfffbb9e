#include "reference_interpreter.h"

#include <algorithm>
#include <cmath>

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
    return Map(In(0), [&](float x) -> float {
      switch (unary.kind) {
        case Unary::Kind::kSigmoid:
          return 1.0f / (1.0f + std::exp(-x));
        case Unary::Kind::kTanh:
          return std::tanh(x);
        case Unary::Kind::kGelu:
          return 0.5f * x * (1.0f + std::erf(x / std::sqrt(2.0f)));
      }
      return x;
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
    return Zip(In(0), In(1), [&](float a, float b) {
      switch (binary.kind) {
        case Binary::Kind::kAdd:
          return a + b;
        case Binary::Kind::kSub:
          return a - b;
        case Binary::Kind::kMul:
          return a * b;
        case Binary::Kind::kDiv:
          break;
      }
      return a / b;
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
    // The small addend undoes the rounding of a scale such as 1/3 that was stored as a float.
    const auto extent = [&](size_t axis) {
      return static_cast<int64_t>(
          std::floor(static_cast<double>(x.shape[axis + 2]) * resize.scale[axis] + 1e-4));
    };
    const Shape shape = {x.shape[0], x.shape[1], extent(0), extent(1)};
    return Fill4(shape, [&](int64_t n, int64_t c, int64_t y, int64_t x0) {
      const double row = ResizePosition(resize, resize.scale[0], y, x.shape[2], shape[2]);
      const double column = ResizePosition(resize, resize.scale[1], x0, x.shape[3], shape[3]);
      switch (resize.mode) {
        case Resize::Mode::kNearest:
          return Clamped(x, n, c, RoundPosition(resize.rounding, row),
                         RoundPosition(resize.rounding, column));
        case Resize::Mode::kLinear:
          return Bilinear(x, n, c, row, column);
        case Resize::Mode::kCubic:
          break;
      }
      return Bicubic(x, n, c, row, column, static_cast<double>(resize.cubic_a));
    });
  }

  Dense operator()(const Pad& pad) const {
    const Dense& x = In(0);
    const Shape shape = {x.shape[0], x.shape[1], x.shape[2] + pad.begin[0] + pad.end[0],
                         x.shape[3] + pad.begin[1] + pad.end[1]};
    return Fill4(shape, [&](int64_t n, int64_t c, int64_t y, int64_t x0) {
      const int64_t row = y - pad.begin[0];
      const int64_t column = x0 - pad.begin[1];
      const bool inside = row >= 0 && row < x.shape[2] && column >= 0 && column < x.shape[3];
      return inside ? At(x, n, c, row, column) : pad.value;
    });
  }

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
    return Fill4(shape, [&](int64_t a, int64_t b, int64_t c, int64_t d) {
      const std::array<int64_t, 4> to = {a, b, c, d};
      std::array<int64_t, 4> from = {};
      for (size_t i = 0; i < 4; ++i) from[static_cast<size_t>(transpose.permutation[i])] = to[i];
      return At(x, from[0], from[1], from[2], from[3]);
    });
  }

 private:
  const Dense& In(size_t i) const { return values_[static_cast<size_t>(node_->inputs[i])]; }

  // The element nearest to a whole position, inside the image.
  static float Clamped(const Dense& x, int64_t n, int64_t c, double row, double column) {
    const auto last_row = static_cast<double>(x.shape[2] - 1);
    const auto last_column = static_cast<double>(x.shape[3] - 1);
    return At(x, n, c, static_cast<int64_t>(std::clamp(row, 0.0, last_row)),
              static_cast<int64_t>(std::clamp(column, 0.0, last_column)));
  }

  static float Bilinear(const Dense& x, int64_t n, int64_t c, double row, double column) {
    const double top = std::floor(Tidy(row));
    const double left = std::floor(Tidy(column));
    const double fy = Tidy(row - top);
    const double fx = Tidy(column - left);
    const double upper =
        (1.0 - fx) * Clamped(x, n, c, top, left) + fx * Clamped(x, n, c, top, left + 1.0);
    const double lower = (1.0 - fx) * Clamped(x, n, c, top + 1.0, left) +
                         fx * Clamped(x, n, c, top + 1.0, left + 1.0);
    return static_cast<float>((1.0 - fy) * upper + fy * lower);
  }

  // Keys' kernel at a distance.
  static double Cubic(double a, double distance) {
    const double x = std::abs(distance);
    if (x <= 1.0) return (a + 2.0) * x * x * x - (a + 3.0) * x * x + 1.0;
    return x < 2.0 ? a * (x * x * x - 5.0 * x * x + 8.0 * x - 4.0) : 0.0;
  }

  static float Bicubic(const Dense& x, int64_t n, int64_t c, double row, double column, double a) {
    const double top = std::floor(Tidy(row));
    const double left = std::floor(Tidy(column));
    double sum = 0.0;
    for (double dy = -1.0; dy <= 2.0; ++dy) {
      for (double dx = -1.0; dx <= 2.0; ++dx) {
        sum += Cubic(a, Tidy(row) - top - dy) * Cubic(a, Tidy(column) - left - dx) *
               static_cast<double>(Clamped(x, n, c, top + dy, left + dx));
      }
    }
    return static_cast<float>(sum);
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
