#include "graph/analyze_tiling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/axis_facts.h"
#include "graph/rational.h"

namespace tessera {
namespace {

constexpr const char* kCropName = "crop_to_image";

using TensorFacts = std::array<AxisFacts, 2>;  // height, width

int64_t RoundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

bool Holds(const std::vector<int64_t>& axes, int64_t axis) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

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
    TESSERA_RETURN_IF_ERROR(CheckOutput());
    FindSizeMultiple();
    TESSERA_RETURN_IF_ERROR(CheckPeriod(size_multiple_));
    return CropToMultiple();
  }

  TilingFacts Summarize() const {
    TilingFacts facts;
    const Rational scale = Of(graph_.output)[0].scale();
    facts.scale = scale;
    facts.size_multiple = size_multiple_;
    facts.whole_multiple = size_multiple_;
    facts.margin = margin_;
    facts.fixed_height = graph_.fixed_size[0];
    facts.fixed_width = graph_.fixed_size[1];
    for (const AxisFacts& axis : output_) {
      for (int64_t k = 0; k < axis.elements_per_period(); ++k) {
        const Pixels& pixels = axis.phases[static_cast<size_t>(k)];
        // The input pixel that the element enlarges.
        const int64_t own = margin_ + (Rational(k) / scale).Floor();
        facts.overlap = std::max({facts.overlap, own - pixels.first, pixels.last - own});
      }
    }
    facts.overlap = RoundUp(facts.overlap, size_multiple_);
    facts.exact = not_exact_because_.empty();
    facts.not_exact_because = not_exact_because_;
    return facts;
  }

  const std::optional<Pad>& crop() const { return crop_; }

  /// Elements of the tensor per input pixel.
  double Density(ValueId id) const {
    const auto& [height, width] = Of(id);
    if (height.whole_image || width.whole_image) return 0.0;
    return height.scale().ToDouble() * width.scale().ToDouble();
  }

 private:
  const TensorFacts& Of(ValueId id) const { return facts_[static_cast<size_t>(id)]; }
  bool IsPlain(ValueId id) const { return graph_.value(id).plain; }

  Status AnalyzeAxis(const Node& node, size_t axis) {
    Result<AxisFacts> found =
        IsPlain(node.output) ? AfterPlain(node, axis) : AfterImage(node, axis);
    if (graph_.IsFixed() && !IsPlain(node.output))
      found = AtFixedSize(node, axis, std::move(found));
    TESSERA_ASSIGN_OR_RETURN(AxisFacts y, std::move(found));
    y.KeepEdgesOutside();
    facts_[static_cast<size_t>(node.output)][axis] = std::move(y);
    return Status::Ok();
  }

  // In a graph of one size an extent may stand for anything: what was found must fit it.
  Result<AxisFacts> AtFixedSize(const Node& node, size_t axis, Result<AxisFacts> found) {
    const int64_t extent = graph_.value(node.output).shape[axis + 2];
    const int64_t image = graph_.fixed_size[axis];
    const Rational wanted = Rational(extent);
    const bool fits =
        found.ok() &&
        (found->whole_image || found->scale() * Rational(image) + Rational(found->extra) == wanted);
    if (fits && (found->whole_image || extent > 1 || image == 1)) return found;
    NoteInexact(node, "depends on the size of the whole image");
    if (extent == 1) {
      AxisFacts y;
      y.whole_image = true;
      return y;
    }
    int64_t reach = 0;
    for (const ValueId id : node.inputs) {
      if (id == kNoValue || graph_.value(id).constant) continue;
      reach = std::max(reach, Of(id)[axis].Reach());
    }
    return WithReach(Rational(extent, image), reach);
  }

  // --- images ---

  Result<AxisFacts> AfterImage(const Node& node, size_t axis) {
    if (std::holds_alternative<Relayout>(node.operation)) return BackToImage(node, axis);
    TESSERA_ASSIGN_OR_RETURN(const AxisFacts x, JoinInputs(node, axis));
    const auto* resize = std::get_if<Resize>(&node.operation);
    if (resize && resize->to_image) return AfterResizeToImage(node, *resize, axis, x);
    if (x.whole_image) return x;
    if (resize) return AfterResizeByFactor(node, *resize, axis, x);
    if (const auto* conv = std::get_if<Conv>(&node.operation)) return AfterConv(*conv, axis, x);
    if (const auto* pool = std::get_if<Pool>(&node.operation)) return AfterPool(*pool, axis, x);
    if (const auto* pad = std::get_if<Pad>(&node.operation))
      return AfterPadding(node, *pad, axis, x);
    if (const auto* shuffle = std::get_if<DepthToSpace>(&node.operation)) {
      return AfterDepthToSpace(shuffle->block, x);
    }
    if (const auto* unshuffle = std::get_if<SpaceToDepth>(&node.operation)) {
      return AfterSpaceToDepth(unshuffle->block, x);
    }
    if (const auto* reduce = std::get_if<Reduce>(&node.operation)) {
      return AfterReduce(node, *reduce, axis, x);
    }
    return x;  // element by element, or within the channels of a pixel
  }

  Result<AxisFacts> JoinInputs(const Node& node, size_t axis) const {
    std::optional<AxisFacts> joined;
    for (const ValueId id : node.inputs) {
      if (id == kNoValue || graph_.value(id).constant) continue;
      if (joined) {
        TESSERA_ASSIGN_OR_RETURN(joined, Join(*joined, Of(id)[axis]));
      } else {
        joined = Of(id)[axis];
      }
    }
    return joined.value_or(AxisFacts{});
  }

  Result<AxisFacts> AfterResizeByFactor(const Node& node, const Resize& resize, size_t axis,
                                        const AxisFacts& x) {
    const auto factor = ScaleToRational(resize.scale[axis]);
    if (!factor) return Status(StatusCode::kUnsupported, "its scale is not a simple ratio");
    if (*factor == 1) return x;
    if (resize.coordinates == Resize::Coordinates::kAlignCorners) {
      NoteInexact(node,
                  "aligns corners, so that the position of every pixel depends on the size of the "
                  "whole image");
    }
    return AfterResize(resize, *factor, x);
  }

  // Where an element looks depends on the image's size. About where it is itself, with an element
  // more for what an enlargement reads beside it.
  Result<AxisFacts> AfterResizeToImage(const Node& node, const Resize& resize, size_t axis,
                                       const AxisFacts& x) {
    NoteInexact(node,
                "enlarges to a size of its own, so that its factor depends on the size of the "
                "whole image");
    if (x.whole_image) return WithReach((*resize.to_image)[axis], 0);
    const int64_t element = (Rational(1) / x.scale()).Ceil();
    return WithReach((*resize.to_image)[axis], x.Reach() + element);
  }

  Result<AxisFacts> AfterPadding(const Node& node, const Pad& pad, size_t axis,
                                 const AxisFacts& x) {
    if (pad.mode == Pad::Mode::kWrap && (pad.begin[axis] > 0 || pad.end[axis] > 0)) {
      NoteInexact(node, "continues at the opposite edge of the whole image");
    }
    return AfterPad(pad, axis, x);
  }

  Result<AxisFacts> AfterReduce(const Node& node, const Reduce& reduce, size_t axis,
                                const AxisFacts& x) {
    if (!Holds(reduce.axes, static_cast<int64_t>(axis) + 2)) return x;
    NoteInexact(node, "looks at the whole image");
    AxisFacts y;
    y.whole_image = true;
    return y;
  }

  // --- plain tensors: of these only the reach is kept ---

  Result<AxisFacts> AfterPlain(const Node& node, size_t axis) {
    NoteInexact(node,
                "takes the image apart (attention, windows), which depends on its whole size");
    int64_t reach = 0;
    int64_t shift = 0;
    for (const ValueId id : node.inputs) {
      if (id == kNoValue || graph_.value(id).constant) continue;
      const AxisFacts& x = Of(id)[axis];
      // Rounding of strides is no shift.
      const bool is_moved = IsPlain(id) || x.extra != 0;
      if (is_moved) shift = std::max(shift, x.Shift());
      reach = std::max(reach, x.Reach());
    }
    return WithReach(1, reach, shift);
  }

  // Windows are as large as what the image must be a multiple of, so that all of one counts.
  Result<AxisFacts> BackToImage(const Node& node, size_t axis) {
    TESSERA_ASSIGN_OR_RETURN(const bool is_constant, HasConstantExtent(node.output, axis));
    if (is_constant) {
      AxisFacts y;
      y.whole_image = true;
      return y;
    }
    const AxisFacts& x = Of(node.inputs[0])[axis];
    TESSERA_ASSIGN_OR_RETURN(const Rational scale, ScaleOf(node.output, axis));
    AxisFacts y = WithReach(scale, x.Reach() + graph_.size_multiple - 1, x.Shift());
    if (!graph_.IsFixed()) {
      const Rational share = scale * Rational(*probe_extent_);
      y.extra = probes_[0].value(node.output).shape[axis + 2] - share.Floor();
    }
    return y;
  }

  // What an image was reduced to before it was taken apart: gates, or channels seen as pixels.
  Result<bool> HasConstantExtent(ValueId id, size_t axis) {
    if (graph_.IsFixed()) return false;
    if (!probe_extent_) TESSERA_RETURN_IF_ERROR(InferProbes());
    return probes_[0].value(id).shape[axis + 2] == probes_[1].value(id).shape[axis + 2];
  }

  // By the shapes for two images, since a plain tensor does not tell.
  Result<Rational> ScaleOf(ValueId id, size_t axis) {
    if (graph_.IsFixed()) {
      return Rational(graph_.value(id).shape[axis + 2], graph_.fixed_size[axis]);
    }
    if (!probe_extent_) TESSERA_RETURN_IF_ERROR(InferProbes());
    const int64_t small = probes_[0].value(id).shape[axis + 2];
    const int64_t large = probes_[1].value(id).shape[axis + 2];
    if (large <= small) return Status(StatusCode::kUnsupported, "its size is not the image's");
    return Rational(large - small, *probe_extent_);
  }

  Status InferProbes() {
    int64_t multiple = graph_.size_multiple;
    for (const TensorFacts& facts : facts_) {
      multiple = std::lcm(multiple, facts[0].pixels_per_period);
      TESSERA_RETURN_IF_ERROR(CheckPeriod(multiple));
    }
    constexpr int64_t kProbeExtent = 64;
    const int64_t extent = RoundUp(kProbeExtent, multiple);
    probes_ = {graph_, graph_};
    TESSERA_RETURN_IF_ERROR(InferShapes(probes_[0], extent, extent));
    TESSERA_RETURN_IF_ERROR(InferShapes(probes_[1], 2 * extent, 2 * extent));
    probe_extent_ = extent;
    return Status::Ok();
  }

  void NoteInexact(const Node& node, const std::string& because) {
    if (!not_exact_because_.empty()) return;
    not_exact_because_ =
        std::string(OperationName(node.operation)) + " node '" + node.name + "' " + because;
  }

  // --- the whole network ---

  Status CheckOutput() const {
    const auto& [height, width] = Of(graph_.output);
    const bool image = !IsPlain(graph_.output) && !height.whole_image && !width.whole_image;
    if (!image || !(height.scale() == width.scale()) || height.scale().ToDouble() < 1.0) {
      return Status(StatusCode::kUnsupported,
                    "the output is " + height.ToString() + " high and " + width.ToString() +
                        " wide; networks are supported that enlarge both alike, or keep them");
    }
    const Rational scale = height.scale();
    const int64_t declared = graph_.info.declared_scale;
    if (declared == 0 || scale == declared) return Status::Ok();
    return Status(StatusCode::kModelFormat, "metadata 'tessera.scale' is " +
                                                std::to_string(declared) + " but the output is " +
                                                height.ToString());
  }

  // Extents must be whole wherever sizes come back to the image's by constant factors. Where a
  // Resize goes to the image's size whatever it gets, sizes before it may be rounded.
  void FindSizeMultiple() {
    std::vector<bool> strict(graph_.values.size(), false);
    strict[static_cast<size_t>(graph_.output)] = true;
    size_multiple_ = graph_.size_multiple;
    for (size_t i = graph_.nodes.size(); i-- > 0;) {
      const Node& node = graph_.nodes[i];
      if (!strict[static_cast<size_t>(node.output)]) continue;
      for (const AxisFacts& axis : Of(node.output)) {
        if (axis.whole_image) continue;
        // Beyond any period the check that follows refuses; this keeps the numbers small.
        if (CheckPeriod(size_multiple_).ok()) {
          size_multiple_ = std::lcm(size_multiple_, axis.pixels_per_period);
        }
      }
      if (ForgetsSizes(node.operation)) continue;
      for (const ValueId id : node.inputs) {
        if (id != kNoValue) strict[static_cast<size_t>(id)] = true;
      }
    }
  }

  static bool ForgetsSizes(const Operation& operation) {
    const auto* resize = std::get_if<Resize>(&operation);
    if (resize) return resize->to_image.has_value();
    const auto* reduce = std::get_if<Reduce>(&operation);
    if (reduce) return Holds(reduce->axes, 2) && Holds(reduce->axes, 3);
    return std::holds_alternative<Relayout>(operation);
  }

  // Output pixels that are missing before the first pixel of the image; negative: too many.
  static int64_t MissingBefore(const AxisFacts& axis) {
    if (axis.extra == 0) return 0;
    // Where the centres of receptive fields lie, beside where pixels of an enlargement belong.
    const double scale = axis.scale().ToDouble();
    double sum = 0.0;
    for (int64_t k = 0; k < axis.elements_per_period(); ++k) {
      const Pixels& pixels = axis.phases[static_cast<size_t>(k)];
      const double centre = static_cast<double>(pixels.first + pixels.last) / 2.0;
      sum += centre - ((static_cast<double>(k) + 0.5) / scale - 0.5);
    }
    const double shift = sum / static_cast<double>(axis.elements_per_period());
    const auto missing = static_cast<int64_t>(std::floor(shift * scale + 0.5));
    return std::clamp<int64_t>(missing, std::min<int64_t>(0, -axis.extra),
                               std::max<int64_t>(0, -axis.extra));
  }

  // Makes the output what the input enlarges to, less one margin on all sides.
  Status CropToMultiple() {
    output_ = Of(graph_.output);
    const Rational scale = output_[0].scale();
    std::array<int64_t, 2> before;
    std::array<int64_t, 2> after;
    for (size_t axis = 0; axis < 2; ++axis) {
      before[axis] = MissingBefore(output_[axis]);
      after[axis] = -output_[axis].extra - before[axis];
      const int64_t most = std::max({int64_t{0}, before[axis], after[axis]});
      margin_ = std::max(margin_, (Rational(most) / scale).Ceil());
    }
    // Whole output pixels.
    margin_ = RoundUp(margin_, scale.denominator());
    const int64_t missing = (Rational(margin_) * scale).Floor();
    Pad crop;
    for (size_t axis = 0; axis < 2; ++axis) {
      crop.begin[axis] = before[axis] - missing;
      crop.end[axis] = after[axis] - missing;
      TESSERA_ASSIGN_OR_RETURN(output_[axis], AfterPad(crop, axis, output_[axis]));
      output_[axis].KeepEdgesOutside();
    }
    const Pad none;
    if (crop.begin != none.begin || crop.end != none.end) crop_ = crop;
    return Status::Ok();
  }

  const Graph& graph_;
  std::vector<TensorFacts> facts_;  // per value
  TensorFacts output_;              // after the crop
  std::optional<Pad> crop_;
  int64_t size_multiple_ = 1;
  int64_t margin_ = 0;
  std::string not_exact_because_;
  // The graph with shapes for images of an extent, and of twice that.
  std::optional<int64_t> probe_extent_;
  std::array<Graph, 2> probes_;
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

// The smallest extent that the network takes: unpadded windows and reflections need room.
Result<int64_t> SmallestExtent(const Graph& graph, int64_t multiple) {
  constexpr int64_t kMostTries = 256;
  Status status;
  if (graph.IsFixed()) {
    Graph shaped = graph;
    TESSERA_RETURN_IF_ERROR(InferShapes(shaped, graph.fixed_size[0], graph.fixed_size[1]));
    return multiple;
  }
  for (int64_t i = 1; i <= kMostTries; ++i) {
    Graph shaped = graph;
    status = InferShapes(shaped, i * multiple, i * multiple);
    if (status.ok()) return i * multiple;
  }
  return status;
}

}  // namespace

Result<TilingAnalysis> AnalyzeTiling(const Graph& graph) {
  Analyzer analyzer(graph);
  TESSERA_RETURN_IF_ERROR(analyzer.Analyze());
  TilingAnalysis analysis{analyzer.Summarize(), analyzer.crop(), Multiplications(graph, analyzer)};
  Graph cropped = graph;
  if (analysis.crop) CropOutput(cropped, *analysis.crop);
  TESSERA_ASSIGN_OR_RETURN(analysis.facts.smallest,
                           SmallestExtent(cropped, analysis.facts.size_multiple));
  return analysis;
}

const Pad* CropOf(const Graph& graph) {
  if (graph.nodes.empty() || graph.nodes.back().name != kCropName) return nullptr;
  return std::get_if<Pad>(&graph.nodes.back().operation);
}

void CropOutput(Graph& graph, const Pad& crop) {
  const Value& whole = graph.value(graph.output);
  Value value;
  value.name = whole.name + ".cropped";
  value.shape = whole.shape;
  Node node;
  node.name = kCropName;
  node.operation = crop;
  node.inputs = {graph.output};
  node.output = graph.AddValue(std::move(value));
  graph.output = node.output;
  graph.nodes.push_back(std::move(node));
}

}  // namespace tessera
