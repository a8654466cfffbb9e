#ifndef TESSERA_GRAPH_EXPORT_ONNX_H_
#define TESSERA_GRAPH_EXPORT_ONNX_H_

#include <string>

#include "core/status.h"
#include "graph/graph.h"

namespace tessera {

/// Writes a graph as an ONNX file from which LoadModel reads a graph that computes the same, and
/// that other programs can run. The same graph always gives the same bytes.
///
/// Quantization is written in QDQ form: a FakeQuantize as QuantizeLinear and DequantizeLinear,
/// quantized weights as int8 with a DequantizeLinear. The bias of a convolution between such
/// weights and a quantized input becomes int32, as integer arithmetic needs it, and so is rounded
/// to a multiple of the product of both scales. Limits of a convolution become a Relu or Clip.
///
/// Errors: kInternal for a graph that is not valid, kOutOfMemory.
Result<std::string> ExportOnnx(const Graph& graph);

}  // namespace tessera

#endif  // TESSERA_GRAPH_EXPORT_ONNX_H_
