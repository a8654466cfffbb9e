#ifndef TESSERA_QUANT_MEASURE_H_
#define TESSERA_QUANT_MEASURE_H_

#include <cstddef>
#include <span>
#include <vector>

#include "core/status.h"
#include "graph/graph.h"
#include "quant/calibration_images.h"
#include "quant/graph_runner.h"
#include "quant/placement.h"
#include "quant/ranges.h"

namespace tessera {

/// The range of every node's output over some images. Errors: kModelFormat when a node computes
/// what is not a finite number, naming it.
Result<std::vector<Range>> MeasureRanges(const Graph& graph, const CalibrationImages& images,
                                         std::span<const size_t> selection,
                                         QuantizeProgress& progress);

/// The histogram of every site's tensor; `ranges` as MeasureRanges gave them. Sites without a
/// producer (the graph's input) get an empty one.
Result<std::vector<Histogram>> MeasureHistograms(const Graph& graph, const QuantizationPlan& plan,
                                                 const std::vector<Range>& ranges,
                                                 const CalibrationImages& images,
                                                 std::span<const size_t> selection,
                                                 QuantizeProgress& progress);

/// The range of every node's output per channel.
Result<std::vector<std::vector<Range>>> MeasureChannelRanges(const Graph& graph,
                                                             const CalibrationImages& images,
                                                             std::span<const size_t> selection,
                                                             QuantizeProgress& progress);

/// How far a quantized network is from the float one.
struct QuantizationLoss {
  std::vector<double> site_sqnr;      // dB: energy of a site's tensor over that of its error
  double output_squared_error = 0.0;  // mean, in units of the network's output
};

/// Runs both networks side by side. `quantized` is `graph` with the FakeQuantize nodes of `plan`.
Result<QuantizationLoss> MeasureLoss(const Graph& graph, const QuantizationPlan& plan,
                                     const QuantizedGraph& quantized,
                                     const CalibrationImages& images,
                                     std::span<const size_t> selection, QuantizeProgress& progress);

}  // namespace tessera

#endif  // TESSERA_QUANT_MEASURE_H_
