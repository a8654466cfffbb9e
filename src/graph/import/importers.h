#ifndef TESSERA_GRAPH_IMPORT_IMPORTERS_H_
#define TESSERA_GRAPH_IMPORT_IMPORTERS_H_

#include "core/status.h"
#include "graph/import/op_context.h"

namespace tessera {

// One importer per ONNX operator, grouped by family in import_*.cc. import_onnx.cc has the table.

// import_convolution.cc
Status ImportConv(OpContext& op);
Status ImportBatchNormalization(OpContext& op);

// import_elementwise.cc
Status ImportRelu(OpContext& op);
Status ImportLeakyRelu(OpContext& op);
Status ImportPRelu(OpContext& op);
Status ImportClip(OpContext& op);
Status ImportSigmoid(OpContext& op);
Status ImportTanh(OpContext& op);
Status ImportGelu(OpContext& op);
Status ImportAdd(OpContext& op);
Status ImportSub(OpContext& op);
Status ImportMul(OpContext& op);
Status ImportDiv(OpContext& op);

// import_layout.cc
Status ImportConcat(OpContext& op);
Status ImportDepthToSpace(OpContext& op);
Status ImportPad(OpContext& op);
Status ImportTranspose(OpContext& op);

// import_quantization.cc
Status ImportQuantizeLinear(OpContext& op);
Status ImportDequantizeLinear(OpContext& op);

// import_resize.cc
Status ImportResize(OpContext& op);
Status ImportUpsample(OpContext& op);

// import_passthrough.cc
Status ImportIdentity(OpContext& op);
Status ImportDropout(OpContext& op);
Status ImportConstant(OpContext& op);
Status ImportCast(OpContext& op);

}  // namespace tessera

#endif  // TESSERA_GRAPH_IMPORT_IMPORTERS_H_
