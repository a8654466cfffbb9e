#ifndef TESSERA_QUANT_CORRECT_BIAS_H_
#define TESSERA_QUANT_CORRECT_BIAS_H_

#include <cstdint>
#include <span>

#include "core/status.h"
#include "graph/graph.h"
#include "quant/calibration_images.h"
#include "quant/graph_runner.h"
#include "quant/placement.h"

namespace tessera {

/// Runs over the selection that CorrectBias makes for a network.
int64_t BiasCorrectionPasses(const Graph& graph);

/// Empirical bias correction (Nagel et al. 2019): rounded weights and inputs shift the mean of a
/// convolution's output; the bias takes the shift back. Layer by layer in order, so that each sees
/// inputs that are already corrected; networks of more than 32 convolutions several at a time.
/// `quantized` is `graph` with FakeQuantize nodes and rounded weights.
Status CorrectBias(const Graph& graph, QuantizedGraph& quantized, const CalibrationImages& images,
                   std::span<const size_t> selection, QuantizeProgress& progress);

}  // namespace tessera

#endif  // TESSERA_QUANT_CORRECT_BIAS_H_
