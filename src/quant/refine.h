#ifndef TESSERA_QUANT_REFINE_H_
#define TESSERA_QUANT_REFINE_H_

#include <cstdint>
#include <span>

#include "core/status.h"
#include "graph/graph.h"
#include "quant/calibration_images.h"
#include "quant/graph_runner.h"
#include "quant/placement.h"

namespace tessera {

struct RefineOptions {
  int64_t weight_bits = 7;
  bool compensate = true;    // round weights again, with compensation
  bool correct_bias = true;  // take back the shift of each channel's mean
};

/// Runs over the selection that Refine makes for a network.
int64_t RefinePasses(const Graph& graph);

/// Brings the convolutions of a quantized network nearer to the float ones, in their order, so that
/// each is fitted to inputs that are already rounded (in networks of more than 32 convolutions,
/// several at a time).
///
/// Weights are rounded one input after the other, and what rounding one changes in the output is
/// taken back by those not yet rounded, as far as the inputs go together ("GPTQ", Frantar et al.,
/// 2022). Then the bias takes back what is left of the mean ("empirical bias correction", Nagel et
/// al., 2019). `quantized` is `graph` with FakeQuantize nodes and rounded weights.
Status Refine(const Graph& graph, const RefineOptions& options, const CalibrationImages& images,
              std::span<const size_t> selection, QuantizeProgress& progress,
              QuantizedGraph& quantized);

}  // namespace tessera

#endif  // TESSERA_QUANT_REFINE_H_
