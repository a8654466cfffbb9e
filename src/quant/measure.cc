#include "quant/measure.h"

#include <cmath>
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
        exact_nodes_(graph.nodes.size()),
        sites_(plan.sites.size()) {}

  Status Run(size_t image) {
    TESSERA_RETURN_IF_ERROR(exact_.Load(image));
    TESSERA_RETURN_IF_ERROR(rounded_.Load(image));
    size_t exact = 0;
    size_t rounded = 0;
    for (size_t site = 0; site < plan_.sites.size(); ++site) {
      const size_t producer = plan_.sites[site].producer;
      if (producer == kNoIndex) continue;
      TESSERA_RETURN_IF_ERROR(Advance(exact_, exact, producer + 1));
      TESSERA_RETURN_IF_ERROR(Advance(rounded_, rounded, quantized_.site_nodes[site] + 1));
      sites_[site].Add(exact_.NodeOutput(producer),
                       rounded_.NodeOutput(quantized_.site_nodes[site]));
    }
    TESSERA_RETURN_IF_ERROR(Advance(exact_, exact, exact_nodes_));
    TESSERA_RETURN_IF_ERROR(Advance(rounded_, rounded, quantized_.graph.nodes.size()));
    output_.Add(exact_.output(), rounded_.output());
    return Status::Ok();
  }

  QuantizationLoss Loss() const {
    QuantizationLoss loss;
    for (const Energy& site : sites_) loss.site_sqnr.push_back(site.Decibels());
    loss.output_squared_error = output_.MeanError();
    return loss;
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
  std::vector<Energy> sites_;
  Energy output_;
};

}  // namespace

Result<std::vector<Range>> MeasureRanges(const Graph& graph, const CalibrationImages& images,
                                         std::span<const size_t> selection,
                                         QuantizeProgress& progress) {
  std::vector<Range> ranges(graph.nodes.size());
  const auto visit = [&](size_t node, Tensor output) {
    for (const float value : Elements(output)) {
      if (!std::isfinite(value)) {
        return AtNode(graph.nodes[node],
                      Status(StatusCode::kModelFormat, "computes what is not a finite number"));
      }
      ranges[node].Include(value);
    }
    return Status::Ok();
  };
  TESSERA_RETURN_IF_ERROR(
      VisitNodes(graph, graph.nodes.size(), images, selection, progress, visit));
  return ranges;
}

Result<std::vector<Histogram>> MeasureHistograms(const Graph& graph, const QuantizationPlan& plan,
                                                 const std::vector<Range>& ranges,
                                                 const CalibrationImages& images,
                                                 std::span<const size_t> selection,
                                                 QuantizeProgress& progress) {
  std::vector<Histogram> histograms;
  std::vector<size_t> site_of(graph.nodes.size(), kNoIndex);
  for (size_t site = 0; site < plan.sites.size(); ++site) {
    const size_t producer = plan.sites[site].producer;
    histograms.emplace_back(producer == kNoIndex ? Range() : ranges[producer]);
    if (producer != kNoIndex) site_of[producer] = site;
  }
  const auto visit = [&](size_t node, Tensor output) {
    if (site_of[node] != kNoIndex) histograms[site_of[node]].Add(Elements(output));
    return Status::Ok();
  };
  TESSERA_RETURN_IF_ERROR(
      VisitNodes(graph, graph.nodes.size(), images, selection, progress, visit));
  return histograms;
}

Result<std::vector<std::vector<Range>>> MeasureChannelRanges(const Graph& graph,
                                                             const CalibrationImages& images,
                                                             std::span<const size_t> selection,
                                                             QuantizeProgress& progress) {
  std::vector<std::vector<Range>> ranges(graph.nodes.size());
  const auto visit = [&](size_t node, Tensor output) {
    const auto channels = static_cast<size_t>(output.channels);
    ranges[node].resize(channels);
    const std::span<const float> elements = Elements(output);
    for (size_t i = 0; i < elements.size(); ++i) ranges[node][i % channels].Include(elements[i]);
    return Status::Ok();
  };
  TESSERA_RETURN_IF_ERROR(
      VisitNodes(graph, graph.nodes.size(), images, selection, progress, visit));
  return ranges;
}

Result<QuantizationLoss> MeasureLoss(const Graph& graph, const QuantizationPlan& plan,
                                     const QuantizedGraph& quantized,
                                     const CalibrationImages& images,
                                     std::span<const size_t> selection,
                                     QuantizeProgress& progress) {
  SideBySide pair(graph, plan, quantized, images);
  for (const size_t image : selection) {
    TESSERA_RETURN_IF_ERROR(pair.Run(image));
    TESSERA_RETURN_IF_ERROR(progress.ImageDone());
  }
  return pair.Loss();
}

}  // namespace tessera
