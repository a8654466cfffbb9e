#include "graph/analyze_tiling.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "graph/rational.h"
#include "graph/resize_phases.h"

// How one axis of a tensor T depends on the input, in whole input pixels. A network of strides and
// shuffles repeats itself: every q pixels of the input make p elements of T, and
//
//   element m * p + k depends on input pixels m * q + first[k] ... m * q + last[k]
//   the extent of T is p/q * (input extent) + extra
//
// for all m and 0 <= k < p. First and last bound the dependency: there may be holes in between.
//
// Why cropping by these bounds is exact. Take a tile whose origin is a multiple of every q, and
// compare an element of T in the tile with the same one of T in the whole image (its index there is
// larger by the origin's p/q, a whole number of periods). Claim: they are equal whenever the
// element's pixels all lie inside the tile. An operator reads elements of its inputs at offsets
// that depend on k alone, and their pixels are among the element's own; so by induction what it
// reads is equal too, provided that it exists in the tile. What differs is an element j beyond an
// edge of T: the tile pads it (a convolution with zero, Pad with its value, a resize by clamping)
// where the whole image has a real element. The pad is never what the network computes there; a
// bias alone makes that non-zero. So reading beyond T's edge must count as reading beyond the
// tile's: the pixels of every j < 0 and every j >= extent must leave the tile. For paddings that
// is so by itself, for croppings and unpadded convolutions it is not, so that KeepEdgesOutside
// forces it:
//
//   j < 0:       m <= -1, m * q + first[k] <= first[k] - q < 0           if first[k] < q
//   j >= extent: relative to the tile's end, the first such j of phase k has
//                m = ceil((extra - k) / p), and m * q + last[k] >= 0     if last[k] >= -m * q
//
// At an edge of the tile that is the edge of the image both pad alike, and nothing is cropped.
namespace tessera {
namespace {

// Periods beyond these belong to no network; they bound the work on hostile files.
constexpr int64_t kMaxPeriod = 1024;

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
int64_t CeilDivide(int64_t a, int64_t b) { return -FloorDivide(-a, b); }

struct Pixels {
  int64_t first = 0;
  int64_t last = 0;

  void Include(Pixels other) {
    first = std::min(first, other.first);
    last = std::max(last, other.last);
  }
};

struct AxisFacts {
  int64_t pixels_per_period = 1;  // q
  std::vector<Pixels> phases = {Pixels{0, 0}};
  int64_t extra = 0;

  int64_t elements_per_period() const { return static_cast<int64_t>(phases.size()); }
  Rational scale() const { return Rational(elements_per_period(), pixels_per_period); }

  /// The pixels that element `index` depends on; any index, also beyond the edges.
  Pixels Of(int64_t index) const {
    const int64_t period = FloorDivide(index, elements_per_period());
    const auto phase = static_cast<size_t>(index - period * elements_per_period());
    const int64_t shift = period * pixels_per_period;
    return {phases[phase].first + shift, phases[phase].last + shift};
  }

  /// The same facts with a period `times` as long.
  AxisFacts Repeated(int64_t times) const {
    AxisFacts longer;
    longer.pixels_per_period = pixels_per_period * times;
    longer.extra = extra;
    longer.phases.clear();
    for (int64_t i = 0; i < elements_per_period() * times; ++i) longer.phases.push_back(Of(i));
    return longer;
  }

  void KeepEdgesOutside() {
    for (int64_t k = 0; k < elements_per_period(); ++k) {
      Pixels& pixels = phases[static_cast<size_t>(k)];
      pixels.first = std::min(pixels.first, pixels_per_period - 1);
      const int64_t period = CeilDivide(extra - k, elements_per_period());
      pixels.last = std::max(pixels.last, -period * pixels_per_period);
    }
  }
};

// A convolution's padding before the first element, and its output's `extra`. The part of the
// input's extent that is not `extra` is a multiple of the stride, so that only `extra` decides.
struct ConvEdge {
  int64_t pad_begin = 0;
  int64_t extra = 0;
};

ConvEdge EdgeOf(const Conv& conv, size_t axis, int64_t extra) {
  const int64_t window = (conv.kernel[axis] - 1) * conv.dilation[axis] + 1;
  const int64_t stride = conv.stride[axis];
  if (conv.auto_pad == Conv::AutoPad::kSameUpper || conv.auto_pad == Conv::AutoPad::kSameLower) {
    const int64_t outputs = CeilDivide(extra, stride);
    const int64_t total = std::max<int64_t>(0, (outputs - 1) * stride + window - extra);
    const bool upper = conv.auto_pad == Conv::AutoPad::kSameUpper;
    return {upper ? total / 2 : total - total / 2, outputs};
  }
  const bool padded = conv.auto_pad == Conv::AutoPad::kExplicit;
  const int64_t begin = padded ? conv.pads_begin[axis] : 0;
  const int64_t end = padded ? conv.pads_end[axis] : 0;
  return {begin, FloorDivide(extra + begin + end - window, stride) + 1};
}

// Where one output element reads: all inputs from `low` to `high`.
struct Reads {
  int64_t low = 0;
  int64_t high = 0;
};

Status TooComplicated() {
  return Status(StatusCode::kUnsupported,
                "the network's strides and scale factors up to here combine into a period of more "
                "than " +
                    std::to_string(kMaxPeriod) + " pixels");
}

// The facts of an operator that makes `up` elements out of every `down`; reads(i) says which
// elements output i reads and repeats itself with that period.
template <typename ReadsOf>
Result<AxisFacts> Resampled(const AxisFacts& x, int64_t up, int64_t down, ReadsOf reads) {
  const int64_t inputs = std::lcm(x.elements_per_period(), down);
  AxisFacts y;
  y.pixels_per_period = x.pixels_per_period * (inputs / x.elements_per_period());
  const int64_t outputs = inputs / down * up;
  if (y.pixels_per_period > kMaxPeriod || outputs > kMaxPeriod) return TooComplicated();
  y.phases.clear();
  for (int64_t i = 0; i < outputs; ++i) {
    const Reads read = reads(i);
    Pixels pixels = x.Of(read.low);
    for (int64_t j = read.low + 1; j <= read.high; ++j) pixels.Include(x.Of(j));
    y.phases.push_back(pixels);
  }
  return y;
}

Result<AxisFacts> AfterConv(const Conv& conv, size_t axis, const AxisFacts& x) {
  const int64_t window = (conv.kernel[axis] - 1) * conv.dilation[axis] + 1;
  const ConvEdge edge = EdgeOf(conv, axis, x.extra);
  TESSERA_ASSIGN_OR_RETURN(AxisFacts y, Resampled(x, 1, conv.stride[axis], [&](int64_t i) {
                             const int64_t low = i * conv.stride[axis] - edge.pad_begin;
                             return Reads{low, low + window - 1};
                           }));
  y.extra = edge.extra;
  return y;
}

Result<AxisFacts> AfterPad(const Pad& pad, size_t axis, const AxisFacts& x) {
  TESSERA_ASSIGN_OR_RETURN(AxisFacts y, Resampled(x, 1, 1, [&](int64_t i) {
                             return Reads{i - pad.begin[axis], i - pad.begin[axis]};
                           }));
  y.extra = x.extra + pad.begin[axis] + pad.end[axis];
  return y;
}

Result<AxisFacts> AfterDepthToSpace(int64_t block, const AxisFacts& x) {
  TESSERA_ASSIGN_OR_RETURN(AxisFacts y, Resampled(x, block, 1, [&](int64_t i) {
                             return Reads{i / block, i / block};
                           }));
  y.extra = x.extra * block;
  return y;
}

Result<AxisFacts> AfterResize(const Resize& resize, Rational factor, const AxisFacts& x) {
  const int64_t up = factor.numerator();
  const int64_t down = factor.denominator();
  const std::vector<ResizePhase> phases = ResizePhases(resize, factor);
  TESSERA_ASSIGN_OR_RETURN(AxisFacts y, Resampled(x, up, down, [&](int64_t i) {
                             const ResizePhase& phase = phases[static_cast<size_t>(i % up)];
                             const int64_t shift = i / up * down;
                             return Reads{shift + phase.first, shift + phase.last()};
                           }));
  y.extra = (Rational(x.extra) * factor).Floor();
  return y;
}

std::string Describe(const AxisFacts& facts) {
  const Rational scale = facts.scale();
  std::string text = std::to_string(scale.numerator());
  if (!scale.IsWhole()) text += "/" + std::to_string(scale.denominator());
  text += " times the image";
  if (facts.extra != 0) {
    text += (facts.extra > 0 ? " plus " : " minus ") + std::to_string(std::abs(facts.extra));
  }
  return text;
}

// Tensors that meet must have the same size; then their elements correspond one to one.
Result<AxisFacts> Join(const AxisFacts& a, const AxisFacts& b) {
  if (!(a.scale() == b.scale()) || a.extra != b.extra) {
    return Status(StatusCode::kModelFormat,
                  "its inputs have different sizes: " + Describe(a) + " and " + Describe(b));
  }
  const int64_t period = std::lcm(a.pixels_per_period, b.pixels_per_period);
  if (period > kMaxPeriod) return TooComplicated();
  AxisFacts joined = a.Repeated(period / a.pixels_per_period);
  for (size_t k = 0; k < joined.phases.size(); ++k) {
    joined.phases[k].Include(b.Of(static_cast<int64_t>(k)));
  }
  return joined;
}

using TensorFacts = std::array<AxisFacts, 2>;  // height, width

class Analyzer {
 public:
  explicit Analyzer(const Graph& graph) : graph_(graph), facts_(graph.values.size()) {}

  Status Analyze() {
    for (const Node& node : graph_.nodes) {
      for (size_t axis = 0; axis < 2; ++axis) {
        const Status status = AnalyzeAxis(node, axis);
        if (!status.ok()) return AtNode(node, status);
      }
    }
    return Status::Ok();
  }

  Status CheckOutput() const {
    const auto& [height, width] = Of(graph_.output);
    const bool whole = height.scale().IsWhole() && height.scale() == width.scale();
    if (!whole || height.extra != 0 || width.extra != 0) {
      return Status(StatusCode::kUnsupported,
                    "the output is " + Describe(height) + " high and " + Describe(width) +
                        " wide; networks that enlarge both by the same whole number are supported");
    }
    const int64_t scale = height.scale().numerator();
    const int64_t declared = graph_.info.declared_scale;
    if (declared == 0 || declared == scale) return Status::Ok();
    return Status(StatusCode::kModelFormat,
                  "metadata 'tessera.scale' is " + std::to_string(declared) +
                      " but the network enlarges by " + std::to_string(scale));
  }

  TilingFacts Summarize() const {
    TilingFacts facts;
    facts.scale = Of(graph_.output)[0].scale().numerator();
    facts.size_multiple = size_multiple_;
    for (const AxisFacts& axis : Of(graph_.output)) {
      for (int64_t k = 0; k < axis.elements_per_period(); ++k) {
        const Pixels& pixels = axis.phases[static_cast<size_t>(k)];
        const int64_t own = k / facts.scale;  // the input pixel that the element enlarges
        facts.overlap = std::max({facts.overlap, own - pixels.first, pixels.last - own});
      }
    }
    facts.overlap = CeilDivide(facts.overlap, size_multiple_) * size_multiple_;
    facts.tileable = not_tileable_because_.empty();
    facts.not_tileable_because = not_tileable_because_;
    return facts;
  }

  /// Elements of the tensor per input pixel.
  double Density(ValueId id) const {
    return Of(id)[0].scale().ToDouble() * Of(id)[1].scale().ToDouble();
  }

 private:
  const TensorFacts& Of(ValueId id) const { return facts_[static_cast<size_t>(id)]; }

  Status AnalyzeAxis(const Node& node, size_t axis) {
    TESSERA_ASSIGN_OR_RETURN(const AxisFacts x, JoinInputs(node, axis));
    TESSERA_ASSIGN_OR_RETURN(AxisFacts y, After(node, axis, x));
    y.KeepEdgesOutside();
    size_multiple_ = std::lcm(size_multiple_, y.pixels_per_period);
    if (size_multiple_ > kMaxPeriod) return TooComplicated();
    facts_[static_cast<size_t>(node.output)][axis] = std::move(y);
    return Status::Ok();
  }

  Result<AxisFacts> JoinInputs(const Node& node, size_t axis) const {
    std::optional<AxisFacts> joined;
    for (const ValueId id : node.inputs) {
      if (graph_.value(id).constant) continue;
      if (joined) {
        TESSERA_ASSIGN_OR_RETURN(joined, Join(*joined, Of(id)[axis]));
      } else {
        joined = Of(id)[axis];
      }
    }
    return joined.value_or(AxisFacts{});
  }

  Result<AxisFacts> After(const Node& node, size_t axis, const AxisFacts& x) {
    if (const auto* conv = std::get_if<Conv>(&node.operation)) return AfterConv(*conv, axis, x);
    if (const auto* pad = std::get_if<Pad>(&node.operation)) return AfterPad(*pad, axis, x);
    if (const auto* shuffle = std::get_if<DepthToSpace>(&node.operation)) {
      return AfterDepthToSpace(shuffle->block, x);
    }
    const auto* resize = std::get_if<Resize>(&node.operation);
    if (!resize) return ElementwiseOnly(node, x);
    const auto factor = ScaleToRational(resize->scale[axis]);
    if (!factor) return Status(StatusCode::kUnsupported, "its scale is not a simple ratio");
    if (*factor == 1) return x;
    NoteWholeImageResize(node, *resize, *factor);
    return AfterResize(*resize, *factor, x);
  }

  // Operators that are not analysed yet.
  static Result<AxisFacts> ElementwiseOnly(const Node& node, const AxisFacts& x) {
    const bool moves = std::holds_alternative<SpaceToDepth>(node.operation) ||
                       std::holds_alternative<Pool>(node.operation) ||
                       std::holds_alternative<Reduce>(node.operation) ||
                       std::holds_alternative<Relayout>(node.operation);
    if (moves) return Status(StatusCode::kUnsupported, "is not supported yet");
    return x;
  }

  void NoteWholeImageResize(const Node& node, const Resize& resize, Rational factor) {
    if (resize.coordinates == Resize::Coordinates::kAlignCorners) {
      not_tileable_because_ = "Resize node '" + node.name +
                              "' aligns corners, so that the position of every pixel depends on "
                              "the size of the whole image";
    } else if (resize.coordinates == Resize::Coordinates::kPytorchHalfPixel &&
               factor.ToDouble() < 1.0) {
      not_tileable_because_ = "Resize node '" + node.name +
                              "' shrinks by pytorch_half_pixel, which treats an output of one "
                              "pixel specially; half_pixel does not and is the same otherwise";
    }
  }

  const Graph& graph_;
  std::vector<TensorFacts> facts_;  // per value
  int64_t size_multiple_ = 1;
  std::string not_tileable_because_;
};

double Multiplications(const Graph& graph, const Analyzer& analyzer) {
  double sum = 0.0;
  for (const Node& node : graph.nodes) {
    if (!std::holds_alternative<Conv>(node.operation)) continue;
    const auto weights = graph.value(node.inputs[1]).constant->floats.size();
    sum += static_cast<double>(weights) * analyzer.Density(node.output);
  }
  return sum;
}

}  // namespace

Result<TilingAnalysis> AnalyzeTiling(const Graph& graph) {
  Analyzer analyzer(graph);
  TESSERA_RETURN_IF_ERROR(analyzer.Analyze());
  TESSERA_RETURN_IF_ERROR(analyzer.CheckOutput());
  return TilingAnalysis{analyzer.Summarize(), Multiplications(graph, analyzer)};
}

}  // namespace tessera
