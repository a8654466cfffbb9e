#include "quant/measure.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace tessera {
namespace {

std::span<const float> Elements(Tensor tensor) {
  return {tensor.data, static_cast<size_t>(tensor.elements())};
}

// The energy of a tensor, and that of another's difference from it.
struct Energy {
  double signal = 0.0;
  double error = 0.0;
  double count = 0.0;

  void Add(const Energy& other) {
    signal += other.signal;
    error += other.error;
    count += other.count;
  }
  void Add(Tensor exact, Tensor rounded) {
    for (int64_t i = 0; i < exact.elements(); ++i) {
      const double value = exact.data[i];
      const double difference = rounded.data[i] - value;
      signal += value * value;
      error += difference * difference;
    }
    count += static_cast<double>(exact.elements());
  }
  double Decibels() const { return 10.0 * std::log10(signal / error); }
  double MeanError() const { return count > 0.0 ? error / count : 0.0; }
};

// What one image tells: of each site, and of the output.
struct ImageLoss {
  std::vector<Energy> sites;
  Energy output;
};

// One image through both networks, never further in one than the comparison needs: tensors share
// memory and are gone a few nodes later.
class SideBySide {
 public:
  SideBySide(const Graph& graph, const QuantizationPlan& plan, const QuantizedGraph& quantized,
             const CalibrationImages& images)
      : plan_(plan),
        quantized_(quantized),
        exact_(graph, images),
        rounded_(quantized.graph, images),
        exact_nodes_(graph.nodes.size()) {}

  Status Run(size_t image, ImageLoss& loss) {
    TESSERA_RETURN_IF_ERROR(exact_.Load(image));
    TESSERA_RETURN_IF_ERROR(rounded_.Load(image));
    loss.sites.resize(plan_.sites.size());
    size_t exact = 0;
    size_t rounded = 0;
    for (size_t site = 0; site < plan_.sites.size(); ++site) {
      const size_t producer = plan_.sites[site].producer;
      if (producer == kNoIndex) continue;
      TESSERA_RETURN_IF_ERROR(Advance(exact_, exact, producer + 1));
      TESSERA_RETURN_IF_ERROR(Advance(rounded_, rounded, quantized_.site_nodes[site] + 1));
      loss.sites[site].Add(exact_.NodeOutput(producer),
                           rounded_.NodeOutput(quantized_.site_nodes[site]));
    }
    TESSERA_RETURN_IF_ERROR(Advance(exact_, exact, exact_nodes_));
    TESSERA_RETURN_IF_ERROR(Advance(rounded_, rounded, quantized_.graph.nodes.size()));
    loss.output.Add(exact_.output(), rounded_.output());
    return Status::Ok();
  }

 private:
  static Status Advance(GraphRunner& runner, size_t& next, size_t end) {
    for (; next < end; ++next) TESSERA_RETURN_IF_ERROR(runner.RunNode(next));
    return Status::Ok();
  }

  const QuantizationPlan& plan_;
  const QuantizedGraph& quantized_;
  GraphRunner exact_;
  GraphRunner rounded_;
  size_t exact_nodes_;
};

// The nodes before `end` on one image, showing every output to `visit`.
Status VisitNodes(GraphRunner& runner, size_t image, size_t end,
                  const std::function<Status(size_t node, Tensor output)>& visit) {
  TESSERA_RETURN_IF_ERROR(runner.Load(image));
  for (size_t node = 0; node < end; ++node) {
    TESSERA_RETURN_IF_ERROR(runner.RunNode(node));
    TESSERA_RETURN_IF_ERROR(visit(node, runner.NodeOutput(node)));
  }
  return Status::Ok();
}

bool AllFinite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

std::vector<GraphRunner> MakeRunners(const Graph& graph, const Measurement& measurement) {
  std::vector<GraphRunner> runners;
  for (size_t thread = 0; thread < ThreadCount(measurement.threads); ++thread) {
    runners.emplace_back(graph, measurement.images);
  }
  return runners;
}

int64_t NodeRuns(const Graph& graph) { return static_cast<int64_t>(graph.nodes.size()); }

}  // namespace

Result<std::vector<ChannelHistograms>> MeasureHistograms(const Graph& graph,
                                                         const QuantizationPlan& plan,
                                                         const std::vector<bool>& per_channel,
                                                         const Measurement& measurement) {
  using Detail = ChannelHistograms::Detail;
  std::vector<ChannelHistograms> empty;
  empty.reserve(per_channel.size());
  for (const bool separate : per_channel) {
    empty.emplace_back(separate ? Detail::kChannels : Detail::kTensor);
  }
  std::vector<bool> is_site(graph.nodes.size(), false);
  for (const QuantizationSite& site : plan.sites) {
    if (site.producer != kNoIndex) is_site[site.producer] = true;
  }
  // One set per thread: counts are whole numbers, so that the order of their sum does not matter.
  std::vector<std::vector<ChannelHistograms>> counted(ThreadCount(measurement.threads), empty);
  std::vector<GraphRunner> runners = MakeRunners(graph, measurement);
  TESSERA_RETURN_IF_ERROR(ForEachImage(
      measurement.threads, measurement.selection, NodeRuns(graph), measurement.progress,
      [&](size_t image, size_t thread) {
        const auto visit = [&](size_t node, Tensor output) {
          const std::span<const float> elements = Elements(output);
          if (!AllFinite(elements)) {
            return AtNode(graph.nodes[node],
                          Status(StatusCode::kModelFormat, "computes what is not a finite number"));
          }
          if (is_site[node]) {
            counted[thread][node].Add(elements, static_cast<size_t>(output.channels));
          }
          return Status::Ok();
        };
        return VisitNodes(runners[thread], image, graph.nodes.size(), visit);
      }));
  for (size_t thread = 1; thread < counted.size(); ++thread) {
    for (size_t node = 0; node < empty.size(); ++node) {
      counted[0][node].Merge(counted[thread][node]);
    }
  }
  return std::move(counted[0]);
}

Result<QuantizationLoss> MeasureLoss(const Graph& graph, const QuantizationPlan& plan,
                                     const QuantizedGraph& quantized,
                                     const Measurement& measurement) {
  std::vector<std::unique_ptr<SideBySide>> pairs;
  for (size_t thread = 0; thread < ThreadCount(measurement.threads); ++thread) {
    pairs.push_back(std::make_unique<SideBySide>(graph, plan, quantized, measurement.images));
  }
  std::vector<ImageLoss> losses(measurement.images.count());
  TESSERA_RETURN_IF_ERROR(ForEachImage(
      measurement.threads, measurement.selection, NodeRuns(graph) + NodeRuns(quantized.graph),
      measurement.progress,
      [&](size_t image, size_t thread) { return pairs[thread]->Run(image, losses[image]); }));
  std::vector<Energy> sites(plan.sites.size());
  Energy output;
  for (const size_t image : measurement.selection) {
    for (size_t site = 0; site < sites.size(); ++site) sites[site].Add(losses[image].sites[site]);
    output.Add(losses[image].output);
  }
  QuantizationLoss loss;
  for (const Energy& site : sites) loss.site_sqnr.push_back(site.Decibels());
  loss.output_squared_error = output.MeanError();
  return loss;
}

Result<std::vector<std::vector<float>>> RunOutputs(const Graph& graph,
                                                   const Measurement& measurement) {
  std::vector<GraphRunner> runners = MakeRunners(graph, measurement);
  std::vector<std::vector<float>> by_image(measurement.images.count());
  TESSERA_RETURN_IF_ERROR(ForEachImage(
      measurement.threads, measurement.selection, NodeRuns(graph), measurement.progress,
      [&](size_t image, size_t thread) {
        const auto nothing = [](size_t, Tensor) { return Status::Ok(); };
        TESSERA_RETURN_IF_ERROR(VisitNodes(runners[thread], image, graph.nodes.size(), nothing));
        const std::span<const float> elements = Elements(runners[thread].output());
        by_image[image].assign(elements.begin(), elements.end());
        return Status::Ok();
      }));
  std::vector<std::vector<float>> outputs;
  for (const size_t image : measurement.selection) outputs.push_back(std::move(by_image[image]));
  return outputs;
}

double MeanSquaredError(const std::vector<std::vector<float>>& a,
                        const std::vector<std::vector<float>>& b) {
  double sum = 0.0;
  double count = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < a[i].size(); ++j) {
      const double difference = static_cast<double>(a[i][j]) - static_cast<double>(b[i][j]);
      sum += difference * difference;
    }
    count += static_cast<double>(a[i].size());
  }
  return count > 0.0 ? sum / count : 0.0;
}

}  // namespace tessera
