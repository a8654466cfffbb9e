#ifndef TESSERA_QUANT_MEASURE_H_
#define TESSERA_QUANT_MEASURE_H_

#include <pthreadpool.h>

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

/// What a measurement runs on: images, in order, with what the work is done by.
struct Measurement {
  const CalibrationImages& images;
  std::span<const size_t> selection;
  pthreadpool_t threads = nullptr;
  QuantizeProgress& progress;
};

/// The values of each node's output: per channel for the nodes that `per_channel` marks. Nodes that
/// are no site of `plan` have none. Errors: kModelFormat when a node computes what is not a finite
/// number, naming it.
Result<std::vector<ChannelHistograms>> MeasureHistograms(const Graph& graph,
                                                         const QuantizationPlan& plan,
                                                         const std::vector<bool>& per_channel,
                                                         const Measurement& measurement);

/// How far a quantized network is from the float one.
struct QuantizationLoss {
  std::vector<double> site_sqnr;      // dB: energy of a site's tensor over that of its error
  double output_squared_error = 0.0;  // mean, in units of the network's output
};

/// Runs both networks side by side. `quantized` is `graph` with the FakeQuantize nodes of `plan`.
Result<QuantizationLoss> MeasureLoss(const Graph& graph, const QuantizationPlan& plan,
                                     const QuantizedGraph& quantized,
                                     const Measurement& measurement);

/// What a network makes of each image, in the order of the selection.
Result<std::vector<std::vector<float>>> RunOutputs(const Graph& graph,
                                                   const Measurement& measurement);

/// The mean squared difference of what RunOutputs gave.
double MeanSquaredError(const std::vector<std::vector<float>>& a,
                        const std::vector<std::vector<float>>& b);

}  // namespace tessera

#endif  // TESSERA_QUANT_MEASURE_H_
