#include "quant/refine.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "quant/compensated_rounding.h"
#include "quant/patch_statistics.h"
#include "quant/quantize_weights.h"

namespace tessera {
namespace {

// Each group of convolutions costs a run over all images.
constexpr size_t kMostGroups = 32;
// Patches per convolution; more were never seen to change the result by 0.05 dB.
constexpr int64_t kPatches = 4096;
// Larger patches would need gigabytes for their products; such layers are rounded plainly.
constexpr size_t kLargestPatch = 4096;

std::vector<size_t> Convolutions(const Graph& graph) {
  std::vector<size_t> nodes;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (std::holds_alternative<Conv>(graph.nodes[i].operation)) nodes.push_back(i);
  }
  return nodes;
}

size_t GroupSize(size_t convolutions) { return (convolutions + kMostGroups - 1) / kMostGroups; }

class Refiner {
 public:
  Refiner(const Graph& graph, const RefineOptions& options, const CalibrationImages& images,
          std::span<const size_t> selection, QuantizeProgress& progress, QuantizedGraph& quantized)
      : exact_(graph),
        options_(options),
        images_(images),
        selection_(selection),
        progress_(progress),
        graph_(quantized.graph),
        nodes_(Convolutions(quantized.graph)),
        per_image_(std::max<int64_t>(kPatches / static_cast<int64_t>(selection.size()), 1)) {}

  Status Run() {
    TESSERA_RETURN_IF_ERROR(MeasureExact());
    const size_t group = GroupSize(nodes_.size());
    for (size_t first = 0; first < nodes_.size(); first += group) {
      TESSERA_RETURN_IF_ERROR(RefineGroup(first, std::min(first + group, nodes_.size())));
    }
    return Status::Ok();
  }

 private:
  // The float network's means per channel, at the pixels where patches are looked at.
  Status MeasureExact() {
    expected_.resize(nodes_.size());
    const std::vector<size_t> nodes = Convolutions(exact_);
    double count = 0.0;
    size_t image = 0;
    const auto visit = [&](size_t node, Tensor output) {
      const auto found = std::lower_bound(nodes.begin(), nodes.end(), node);
      if (found != nodes.end() && *found == node) {
        AddMeans(output, Seed(image), expected_[static_cast<size_t>(found - nodes.begin())]);
      }
      if (node + 1 == exact_.nodes.size()) {
        ++image;
        count += static_cast<double>(per_image_);
      }
      return Status::Ok();
    };
    TESSERA_RETURN_IF_ERROR(
        VisitNodes(exact_, exact_.nodes.size(), images_, selection_, progress_, visit));
    for (std::vector<double>& channels : expected_) {
      for (double& sum : channels) sum /= count;
    }
    return Status::Ok();
  }

  static uint32_t Seed(size_t image) { return static_cast<uint32_t>(image) + 1; }

  void AddMeans(Tensor output, uint32_t seed, std::vector<double>& sums) const {
    sums.resize(static_cast<size_t>(output.channels));
    for (const int64_t pixel : SamplePixels(output.pixels(), per_image_, seed)) {
      const float* channels = output.data + pixel * output.channels;
      for (size_t c = 0; c < sums.size(); ++c) sums[c] += channels[c];
    }
  }

  // What it takes to fit one convolution.
  struct Fit {
    size_t index = 0;     // of nodes_
    size_t producer = 0;  // the node that computes its input
    PatchStatistics statistics;
  };

  Status RefineGroup(size_t first, size_t last) {
    std::vector<Fit> fits;
    for (size_t i = first; i < last; ++i) {
      const Node& node = graph_.nodes[nodes_[i]];
      const Shape& weights = graph_.value(node.inputs[1]).shape;
      PatchStatistics statistics(std::get<Conv>(node.operation), weights);
      if (statistics.patch_size() > kLargestPatch) continue;
      fits.push_back({i, ProducerOf(node.inputs[0]), std::move(statistics)});
    }
    TESSERA_RETURN_IF_ERROR(Observe(fits, nodes_[last - 1]));
    for (const Fit& fit : fits) FitConvolution(fit);
    return Status::Ok();
  }

  // Every convolution of a quantized graph reads what a node has computed.
  size_t ProducerOf(ValueId id) const {
    size_t node = 0;
    while (graph_.nodes[node].output != id) ++node;
    return node;
  }

  Status Observe(std::vector<Fit>& fits, size_t end) {
    size_t image = 0;
    const auto visit = [&](size_t node, Tensor output) {
      for (Fit& fit : fits) {
        if (fit.producer == node) fit.statistics.Add(output, per_image_, Seed(image));
      }
      if (node + 1 == end) ++image;
      return Status::Ok();
    };
    return VisitNodes(graph_, end, images_, selection_, progress_, visit);
  }

  void FitConvolution(const Fit& fit) {
    Node& node = graph_.nodes[nodes_[fit.index]];
    if (options_.compensate) RoundWeights(fit, node);
    if (options_.correct_bias) CorrectBias(fit, node);
  }

  const std::vector<float>& ExactWeights(size_t index) const {
    const Node& node = exact_.nodes[Convolutions(exact_)[index]];
    return exact_.value(node.inputs[1]).constant->floats;
  }

  void RoundWeights(const Fit& fit, Node& node) {
    const std::span<const float> exact = ExactWeights(fit.index);
    Value value = graph_.value(node.inputs[1]);
    QuantizedWeights weights = *value.constant->quantized;
    const size_t outputs = weights.scales.size() / fit.statistics.groups();
    const size_t elements = outputs * fit.statistics.patch_size();
    for (size_t group = 0; group < fit.statistics.groups(); ++group) {
      const std::vector<int8_t> codes = RoundWithCompensation(
          exact.subspan(group * elements, elements),
          std::span<const float>(weights.scales).subspan(group * outputs, outputs),
          fit.statistics.Products(group), LargestCode(options_.weight_bits));
      std::copy(codes.begin(), codes.end(),
                weights.codes.begin() + static_cast<std::ptrdiff_t>(group * elements));
    }
    value.constant = MakeQuantizedConstant(std::move(weights));
    node.inputs[1] = graph_.AddValue(std::move(value));
  }

  void CorrectBias(const Fit& fit, Node& node) {
    const std::vector<float>& weights = graph_.value(node.inputs[1]).constant->floats;
    const size_t size = fit.statistics.patch_size();
    std::vector<float> bias;
    for (size_t o = 0; o < expected_[fit.index].size(); ++o) {
      const size_t per_group = expected_[fit.index].size() / fit.statistics.groups();
      const std::vector<double> means = fit.statistics.Means(o / per_group);
      double mean = 0.0;
      for (size_t i = 0; i < size; ++i) mean += weights[o * size + i] * means[i];
      bias.push_back(static_cast<float>(expected_[fit.index][o] - mean));
    }
    Value value;
    value.name = node.name + ".bias";
    value.shape = {static_cast<int64_t>(bias.size())};
    value.constant = MakeConstant(std::move(bias));
    node.inputs.resize(3, kNoValue);
    node.inputs[2] = graph_.AddValue(std::move(value));
  }

  const Graph& exact_;
  const RefineOptions& options_;
  const CalibrationImages& images_;
  std::span<const size_t> selection_;
  QuantizeProgress& progress_;
  Graph& graph_;
  std::vector<size_t> nodes_;  // the convolutions, here and in exact_ in the same order
  int64_t per_image_;          // patches
  std::vector<std::vector<double>> expected_;  // per convolution, per channel
};

}  // namespace

int64_t RefinePasses(const Graph& graph) {
  const size_t count = Convolutions(graph).size();
  const size_t size = GroupSize(count);
  return 1 + static_cast<int64_t>((count + size - 1) / size);
}

Status Refine(const Graph& graph, const RefineOptions& options, const CalibrationImages& images,
              std::span<const size_t> selection, QuantizeProgress& progress,
              QuantizedGraph& quantized) {
  return Refiner(graph, options, images, selection, progress, quantized).Run();
}

}  // namespace tessera
