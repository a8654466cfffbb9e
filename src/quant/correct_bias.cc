#include "quant/correct_bias.h"

#include <utility>
#include <vector>

#include "quant/measure.h"

namespace tessera {
namespace {

// Each group of convolutions costs a run over all images.
constexpr size_t kMostGroups = 32;

std::vector<size_t> Convolutions(const Graph& graph) {
  std::vector<size_t> nodes;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (std::holds_alternative<Conv>(graph.nodes[i].operation)) nodes.push_back(i);
  }
  return nodes;
}

size_t GroupSize(size_t convolutions) { return (convolutions + kMostGroups - 1) / kMostGroups; }

void AddToBias(Graph& graph, Node& node, const std::vector<double>& expected,
               const std::vector<double>& found) {
  std::vector<float> bias(expected.size(), 0.0f);
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
    bias = graph.value(node.inputs[2]).constant->floats;
  }
  for (size_t c = 0; c < bias.size(); ++c) {
    bias[c] = static_cast<float>(bias[c] + expected[c] - found[c]);
  }
  Value value;
  value.name = node.name + ".bias";
  value.shape = {static_cast<int64_t>(bias.size())};
  value.constant = MakeConstant(std::move(bias));
  node.inputs.resize(3, kNoValue);
  node.inputs[2] = graph.AddValue(std::move(value));
}

}  // namespace

int64_t BiasCorrectionPasses(const Graph& graph) {
  const size_t count = Convolutions(graph).size();
  const size_t size = GroupSize(count);
  return 1 + static_cast<int64_t>((count + size - 1) / size);
}

Status CorrectBias(const Graph& graph, QuantizedGraph& quantized, const CalibrationImages& images,
                   std::span<const size_t> selection, QuantizeProgress& progress) {
  TESSERA_ASSIGN_OR_RETURN(const auto expected,
                           MeasureMeans(graph, 0, graph.nodes.size(), images, selection, progress));
  // Inserted nodes stand between them, but the convolutions are the same in the same order.
  const std::vector<size_t> exact = Convolutions(graph);
  const std::vector<size_t> rounded = Convolutions(quantized.graph);
  const size_t group = GroupSize(exact.size());
  for (size_t first = 0; first < exact.size(); first += group) {
    const size_t last = std::min(first + group, exact.size()) - 1;
    TESSERA_ASSIGN_OR_RETURN(
        const auto found, MeasureMeans(quantized.graph, rounded[first], rounded[last] + 1, images,
                                       selection, progress));
    for (size_t i = first; i <= last; ++i) {
      AddToBias(quantized.graph, quantized.graph.nodes[rounded[i]], expected[exact[i]],
                found[rounded[i]]);
    }
  }
  return Status::Ok();
}

}  // namespace tessera
