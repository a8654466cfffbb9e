#ifndef TESSERA_GRAPH_IMPORT_EXPAND_OPERATORS_H_
#define TESSERA_GRAPH_IMPORT_EXPAND_OPERATORS_H_

#include "onnx/proto.h"

namespace tessera {

// Operators that stand for several standard ones are written out before the import, so that one
// importer does for all forms. A node of a form that is not known stays as it is, and is refused by
// its name.

/// Operators that compute on 8-bit codes become QuantizeLinear and DequantizeLinear around the
/// operators on real numbers that they stand for: QLinearConv, QLinearMatMul, QLinearAdd and their
/// kind, also those of com.microsoft. Where the codes are chosen while the network runs
/// (DynamicQuantizeLinear before ConvInteger or MatMulInteger), only the weights keep their codes
/// and the activations stay real numbers.
void ExpandQuantizedOperators(onnx::Model& model);

/// Operators of com.microsoft that ONNX Runtime's optimizer writes in place of several: FusedConv,
/// Gelu, FastGelu, BiasGelu, QuickGelu.
void ExpandFusedOperators(onnx::Model& model);

}  // namespace tessera

#endif  // TESSERA_GRAPH_IMPORT_EXPAND_OPERATORS_H_
