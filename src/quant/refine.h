#ifndef TESSERA_QUANT_REFINE_H_
#define TESSERA_QUANT_REFINE_H_

#include <cstdint>

#include "core/status.h"
#include "graph/graph.h"
#include "quant/measure.h"
#include "quant/placement.h"

namespace tessera {

struct RefineOptions {
  int64_t weight_bits = 7;
  bool compensate = true;    // round weights again, with compensation
  bool correct_bias = true;  // take back the shift of each channel's mean
};

/// Nodes that Refine runs for each image.
int64_t RefineNodeRuns(const Graph& graph, const Graph& quantized);

/// Brings the convolutions of a quantized network nearer to the float ones, in their order, so that
/// each is fitted to inputs that are already rounded.
///
/// Weights are rounded one input after the other, and what rounding one changes in the output is
/// taken back by those not yet rounded, as far as the inputs go together ("GPTQ", Frantar et al.,
/// 2022). Then the bias takes back what is left of the mean ("empirical bias correction", Nagel et
/// al., 2019). `quantized` is `graph` with FakeQuantize nodes and rounded weights. Both run on all
/// images of the measurement at once (see BytesPerImage).
Status Refine(const Graph& graph, const RefineOptions& options, const Measurement& measurement,
              QuantizedGraph& quantized);

}  // namespace tessera

#endif  // TESSERA_QUANT_REFINE_H_
