#include "engine/int8/row_schedule.h"

#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "graph/rational.h"
#include "graph/resize_phases.h"

namespace tessera::int8 {
namespace {

// Which rows of an input a result's rows are made from: result n * out + p from the rows of
// phases[p], n * in further.
struct RowReach {
  struct Phase {
    int64_t first = 0;
    int64_t last = 0;
  };
  int64_t in = 1;
  int64_t out = 1;
  std::vector<Phase> phases = {{}};

  // Of any row, before the first one too. Both ends of the tensor are held by what is read there:
  // positions beyond them may mean its end.
  Phase Of(int64_t row) const {
    const int64_t n = Rational(row, out).Floor();
    const Phase& phase = phases[static_cast<size_t>(row - n * out)];
    const int64_t own = Rational(row * in, out).Floor();
    return {std::min(phase.first + n * in, own), std::max(phase.last + n * in, own)};
  }
};

RowReach Window(int64_t stride, int64_t first, int64_t length) {
  return {stride, 1, {{first, first + length - 1}}};
}

RowReach Repeated(const RowReach& reach, int64_t block) {
  return {reach.in, block,
          std::vector<RowReach::Phase>(static_cast<size_t>(block), reach.phases[0])};
}

template <typename T>
RowReach SlidingReach(const T& node) {
  return Window(node.stride[0], -node.pads_begin[0], (node.kernel[0] - 1) * node.dilation[0] + 1);
}

std::optional<RowReach> ResizeReach(const Resize& resize) {
  const auto factor = ScaleToRational(resize.scale[0]);
  if (resize.to_image || !factor || resize.coordinates == Resize::Coordinates::kAlignCorners) {
    return std::nullopt;
  }
  RowReach reach = {factor->denominator(), factor->numerator(), {}};
  for (const ResizePhase& phase : ResizePhases(resize, *factor)) {
    reach.phases.push_back({phase.first, phase.last()});
  }
  return reach;
}

// Of nodes that are an instruction of their own; nothing where rows are not made one by one.
std::optional<RowReach> NodeReach(const tessera::Operation& operation) {
  if (const auto* pool = std::get_if<Pool>(&operation)) return SlidingReach(*pool);
  if (const auto* resize = std::get_if<Resize>(&operation)) return ResizeReach(*resize);
  if (const auto* to_space = std::get_if<DepthToSpace>(&operation)) {
    return Repeated({}, to_space->block);
  }
  if (const auto* to_depth = std::get_if<SpaceToDepth>(&operation)) {
    return Window(to_depth->block, 0, to_depth->block);
  }
  if (const auto* pad = std::get_if<Pad>(&operation)) {
    if (pad->begin[0] == 0 && pad->end[0] == 0) return RowReach{};
  }
  if (std::holds_alternative<Concat>(operation) ||
      std::holds_alternative<SelectChannels>(operation)) {
    return RowReach{};
  }
  return std::nullopt;
}

// Stands for the picture's bytes, which the first instruction reads and the last one writes.
constexpr ValueId kPicture = kNoValue;

struct Flow {
  struct Read {
    ValueId value = kPicture;
    RowReach reach;
  };
  std::vector<Read> reads;
  ValueId writes = kPicture;
  int64_t group = 1;
};

class FlowFinder {
 public:
  explicit FlowFinder(const Graph& graph) : graph_(graph) {}

  std::optional<Flow> operator()(const ReadCodes& read) const {
    return Flow{{{kPicture, {}}}, read.output};
  }
  std::optional<Flow> operator()(const ConvToCodes& to_codes) const {
    Flow flow = ConvFlow(to_codes.conv);
    flow.writes = to_codes.output;
    return flow;
  }
  std::optional<Flow> operator()(const ConvToPixels& to_pixels) const {
    if (IsLuma() || to_pixels.anchor == ConvToPixels::Anchor::kTensor) return std::nullopt;
    Flow flow = ConvFlow(to_pixels.conv);
    if (to_pixels.anchor == ConvToPixels::Anchor::kNearest) {
      flow.reads.push_back({kPicture, Repeated({}, flow.group)});
    }
    return flow;
  }
  std::optional<Flow> operator()(const ApplyTable& apply) const {
    return Flow{{{apply.input, {}}}, apply.output};
  }
  std::optional<Flow> operator()(const CombineCodes& combine) const {
    return Flow{{{combine.a, {}}, {combine.b, {}}}, combine.output};
  }
  std::optional<Flow> operator()(const ApplyPairTable& apply) const {
    return Flow{{{apply.a, {}}, {apply.b, {}}}, apply.output};
  }
  std::optional<Flow> operator()(const SumCodes& sum) const {
    return NodeFlow(sum.node, {sum.input}, sum.output);
  }
  std::optional<Flow> operator()(const MoveCodes& move) const {
    return NodeFlow(move.node, graph_.nodes[move.node].inputs, move.output);
  }
  std::optional<Flow> operator()(const WriteCodes& write) const {
    if (IsLuma()) return std::nullopt;
    return Flow{{{write.input, {}}}};
  }
  // Tensors of floats are kept whole.
  template <typename T>
  std::optional<Flow> operator()(const T& /*floats*/) const {
    return std::nullopt;
  }

 private:
  // The colours of its picture are enlarged beside it.
  bool IsLuma() const { return graph_.value(graph_.output).shape[1] == 1; }

  Flow ConvFlow(const FusedConv& fused) const {
    Flow flow;
    if (fused.shuffle) flow.group = fused.shuffle->block;
    const RowReach window = SlidingReach(std::get<Conv>(graph_.nodes[fused.node].operation));
    flow.reads.push_back({fused.input, Repeated(window, flow.group)});
    if (fused.residual != kNoValue) flow.reads.push_back({fused.residual, {}});
    return flow;
  }

  std::optional<Flow> NodeFlow(size_t node, const std::vector<ValueId>& inputs,
                               ValueId output) const {
    const std::optional<RowReach> reach = NodeReach(graph_.nodes[node].operation);
    if (!reach) return std::nullopt;
    Flow flow;
    flow.writes = output;
    for (const ValueId input : inputs) flow.reads.push_back({input, *reach});
    return flow;
  }

  const Graph& graph_;
};

class RowPlanner {
 public:
  RowPlanner(const Graph& graph, const Program& program, const std::vector<Slice>& slices)
      : graph_(graph),
        program_(program),
        slices_(slices),
        rates_(graph.values.size()),
        lags_(graph.values.size(), 0) {}

  Result<RowSchedule> Plan(int64_t rows) && {
    TESSERA_RETURN_IF_ERROR(FindFlows());
    picture_rows_ = (rows + unit_ - 1) / unit_ * unit_;
    FindLags();
    FindRings();
    const RowShare& last = schedule_.shares.back();
    schedule_.passes = (last.height + last.lag + last.fresh - 1) / last.fresh;
    return std::move(schedule_);
  }

 private:
  // Rows of a tensor to one row of the picture.
  Rational RateOf(ValueId value) const {
    return value == kPicture ? Rational(1) : rates_[static_cast<size_t>(value)];
  }
  int64_t LagOf(ValueId value) const {
    return value == kPicture ? 0 : lags_[static_cast<size_t>(value)];
  }
  int64_t FreshRows(Rational rate) const { return (rate * picture_rows_).Floor(); }

  int64_t HeightOf(ValueId value, ValueId picture) const {
    return graph_.value(value == kPicture ? picture : value).shape[2];
  }

  Status CannotFlow(const Instruction& instruction) const {
    const ValueId codes = instruction.writes_codes;
    const ValueId made = codes == kNoValue ? instruction.writes_floats : codes;
    const std::string& name = graph_.value(made == kNoValue ? graph_.output : made).name;
    const bool in_float =
        instruction.writes_floats != kNoValue || !instruction.reads_floats.empty();
    return Status(
        StatusCode::kUnsupported,
        "'" + name + (in_float ? "' needs a tensor of floats" : "' needs all rows at once"));
  }

  // How rows pass through each instruction, and the fewest rows of the picture that are whole rows
  // everywhere.
  Status FindFlows() {
    for (const Instruction& instruction : program_.instructions) {
      auto flow = std::visit(FlowFinder(graph_), instruction.operation);
      if (!flow || !KeepsProportion(*flow)) return CannotFlow(instruction);
      flows_.push_back(std::move(*flow));
    }
    return Status::Ok();
  }

  bool KeepsProportion(const Flow& flow) {
    const int64_t height = HeightOf(flow.writes, graph_.output);
    Rational rate;
    for (const Flow::Read& read : flow.reads) {
      const RowReach& reach = read.reach;
      const int64_t input = HeightOf(read.value, graph_.input);
      // Tensors of one row, made of the whole picture, stand for any number of rows.
      if (height * reach.in != input * reach.out) return false;
      const Rational step = RateOf(read.value) / reach.in;
      unit_ = std::lcm(unit_, step.denominator());
      if (!(rate == Rational(0)) && !(rate == step * reach.out)) return false;
      rate = step * reach.out;
    }
    if (flow.writes != kPicture) rates_[static_cast<size_t>(flow.writes)] = rate;
    rates_out_.push_back(rate);
    return true;
  }

  void FindLags() {
    for (size_t i = 0; i < flows_.size(); ++i) {
      const Flow& flow = flows_[i];
      const int64_t fresh = FreshRows(rates_out_[i]);
      int64_t lag = 0;
      for (const Flow::Read& read : flow.reads) {
        const int64_t made = FreshRows(RateOf(read.value)) - LagOf(read.value);
        while (read.reach.Of(fresh - lag - 1).last >= made) ++lag;
      }
      lag = (lag + flow.group - 1) / flow.group * flow.group;
      if (flow.writes != kPicture) lags_[static_cast<size_t>(flow.writes)] = lag;
      schedule_.shares.push_back({fresh, lag, HeightOf(flow.writes, graph_.output)});
      schedule_.groups.push_back(flow.group);
    }
  }

  // What a pass reads of the rows before its own. Slices of one tensor lie in the same rows.
  void FindRings() {
    schedule_.rings.resize(graph_.values.size());
    schedule_.picture.fresh = picture_rows_;
    std::vector<int64_t> least_lags(graph_.values.size(), INT64_MAX);
    for (const Flow& flow : flows_) {
      if (flow.writes == kPicture) continue;
      const int64_t lag = LagOf(flow.writes);
      const auto root = static_cast<size_t>(RootOf(flow.writes));
      RowRing& ring = schedule_.rings[root];
      ring.fresh = FreshRows(RateOf(flow.writes));
      ring.depth = std::max(ring.depth, lag);
      least_lags[root] = std::min(least_lags[root], lag);
    }
    for (size_t i = 0; i < flows_.size(); ++i) {
      for (const Flow::Read& read : flows_[i].reads) {
        RowRing& ring = read.value == kPicture
                            ? schedule_.picture
                            : schedule_.rings[static_cast<size_t>(RootOf(read.value))];
        ring.depth = std::max(ring.depth, -read.reach.Of(-schedule_.shares[i].lag).first);
      }
    }
    schedule_.picture.kept = schedule_.picture.depth;
    for (size_t root = 0; root < least_lags.size(); ++root) {
      RowRing& ring = schedule_.rings[root];
      if (ring.fresh > 0) ring.kept = ring.depth - least_lags[root];
    }
  }

  ValueId RootOf(ValueId value) const { return slices_[static_cast<size_t>(value)].root; }

  const Graph& graph_;
  const Program& program_;
  const std::vector<Slice>& slices_;
  std::vector<Flow> flows_;          // per instruction
  std::vector<Rational> rates_out_;  // per instruction
  std::vector<Rational> rates_;      // per value
  std::vector<int64_t> lags_;        // per value
  int64_t unit_ = 1;
  int64_t picture_rows_ = 0;
  RowSchedule schedule_;
};

}  // namespace

Result<RowSchedule> PlanRows(const Graph& graph, const Program& program,
                             const std::vector<Slice>& slices, int64_t rows) {
  return RowPlanner(graph, program, slices).Plan(rows);
}

}  // namespace tessera::int8
