#include "engine/int8/slices.h"

#include <algorithm>

#include "kernels/conv.h"

namespace tessera::int8 {
namespace {

class SliceFinder {
 public:
  SliceFinder(const Graph& graph, const Program& program)
      : graph_(graph), program_(program), slices_(graph.values.size()) {
    for (size_t i = 0; i < slices_.size(); ++i) slices_[i].root = static_cast<ValueId>(i);
  }

  std::vector<Slice> Find() && {
    // The last Concat first: it joins the most.
    for (size_t i = program_.instructions.size(); i-- > 0;) {
      const auto* move = std::get_if<MoveCodes>(&program_.instructions[i].operation);
      if (!move) continue;
      const Node& node = graph_.nodes[move->node];
      if (std::holds_alternative<Concat>(node.operation)) Place(node.inputs, move->output);
    }
    // Then what is a run of the channels of something, whose place is known by now.
    for (const Instruction& instruction : program_.instructions) {
      const auto* move = std::get_if<MoveCodes>(&instruction.operation);
      if (!move) continue;
      const Node& node = graph_.nodes[move->node];
      const auto* select = std::get_if<SelectChannels>(&node.operation);
      if (select) PlaceWithin(node.inputs[0], *select, move->output);
    }
    return std::move(slices_);
  }

 private:
  int64_t Channels(ValueId id) const { return graph_.value(id).shape[1]; }
  Slice& Of(ValueId id) { return slices_[static_cast<size_t>(id)]; }
  bool IsOwnRoot(ValueId id) { return Of(id).root == id; }

  bool SameCodes(ValueId a, ValueId b) const {
    return program_.quantization[static_cast<size_t>(a)] ==
           program_.quantization[static_cast<size_t>(b)];
  }

  void Place(const std::vector<ValueId>& inputs, ValueId output) {
    if (IsOwnRoot(output) && AlreadySideBySide(inputs, output)) {
      Of(output) = Of(inputs[0]);
      return;
    }
    int64_t first_channel = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const ValueId input = inputs[i];
      // Whoever writes a slice writes whole groups of channels: the next slice must come later,
      // and begin where a group does.
      const bool whole = i + 1 == inputs.size() || Channels(input) % kChannelGroup == 0;
      const bool once = std::count(inputs.begin(), inputs.end(), input) == 1;
      if (whole && once && first_channel % kChannelGroup == 0 && IsOwnRoot(input) &&
          !HasSlices(input) && SameCodes(input, output)) {
        Of(input) = {Of(output).root, Of(output).first_channel + first_channel};
      }
      first_channel += Channels(input);
    }
  }

  void PlaceWithin(ValueId input, const SelectChannels& select, ValueId output) {
    const int64_t first = select.source[0];
    for (size_t i = 0; i < select.source.size(); ++i) {
      if (select.source[i] != first + static_cast<int64_t>(i)) return;
    }
    const int64_t channel = Of(input).first_channel + first;
    if (channel % kChannelGroup != 0 || !IsOwnRoot(output) || HasSlices(output)) return;
    if (SameCodes(input, output)) Of(output) = {Of(input).root, channel};
  }

  bool AlreadySideBySide(const std::vector<ValueId>& inputs, ValueId output) {
    const Slice first = Of(inputs[0]);
    if (first.root == inputs[0]) return false;
    int64_t next = first.first_channel;
    for (const ValueId input : inputs) {
      const Slice& slice = Of(input);
      if (slice.root != first.root || slice.first_channel != next) return false;
      if (!SameCodes(input, output)) return false;
      next += Channels(input);
    }
    return true;
  }

  // A tensor that others are slices of would have to move with them.
  bool HasSlices(ValueId id) const {
    return std::any_of(slices_.begin(), slices_.end(), [&](const Slice& slice) {
      return slice.root == id && &slice != &slices_[static_cast<size_t>(id)];
    });
  }

  const Graph& graph_;
  const Program& program_;
  std::vector<Slice> slices_;
};

}  // namespace

std::vector<Slice> FindSlices(const Graph& graph, const Program& program) {
  return SliceFinder(graph, program).Find();
}

}  // namespace tessera::int8
