#ifndef TESSERA_GRAPH_IMPORT_IMPORTERS_H_
#define TESSERA_GRAPH_IMPORT_IMPORTERS_H_

#include "core/status.h"
#include "graph/import/op_context.h"

namespace tessera {

// One importer per ONNX operator, grouped by family in import_*.cc. graph/repertoire.cc has the
// table.

// import_convolution.cc
/// The convolution that the attributes tell, with weights of a shape.
Result<Conv> ReadConv(OpContext& op, const Shape& weights);
Status ImportConv(OpContext& op);
Status ImportPool(OpContext& op);  // MaxPool, AveragePool
Status ImportBatchNormalization(OpContext& op);

// import_dynamic_convolution.cc
Status ImportAnyConv(OpContext& op);  // Conv, also with weights that are computed

// import_transposed_convolution.cc
Status ImportConvTranspose(OpContext& op);

// import_elementwise.cc
/// A tensor or constant of a floating type. Integer constants and sizes become numbers.
Result<ValueId> Operand(OpContext& op, size_t index);
Status ImportFunction(OpContext& op);  // Unary
Status ImportMin(OpContext& op);
Status ImportMax(OpContext& op);
Status ImportSum(OpContext& op);
Status ImportMean(OpContext& op);
Status ImportPow(OpContext& op);
Status ImportMod(OpContext& op);
Status ImportRelu(OpContext& op);
Status ImportLeakyRelu(OpContext& op);
Status ImportPRelu(OpContext& op);
Status ImportClip(OpContext& op);
Status ImportGelu(OpContext& op);
Status ImportAdd(OpContext& op);
Status ImportSub(OpContext& op);
Status ImportMul(OpContext& op);
Status ImportDiv(OpContext& op);

// import_logic.cc
Status ImportCompare(OpContext& op);  // Equal, Less, Greater, LessOrEqual, GreaterOrEqual
Status ImportNot(OpContext& op);
Status ImportAnd(OpContext& op);
Status ImportOr(OpContext& op);
Status ImportXor(OpContext& op);
Status ImportWhere(OpContext& op);

// import_order.cc
Status ImportTopK(OpContext& op);
Status ImportCumSum(OpContext& op);

// import_layout.cc
Status ImportConcat(OpContext& op);
Status ImportDepthToSpace(OpContext& op);
Status ImportSpaceToDepth(OpContext& op);
Status ImportPad(OpContext& op);

// import_shape.cc
Status ImportReshape(OpContext& op);  // Reshape, Flatten, Squeeze, Unsqueeze
Status ImportTranspose(OpContext& op);
Status ImportSlice(OpContext& op);
Status ImportSplit(OpContext& op);
Status ImportGather(OpContext& op);
Status ImportExpand(OpContext& op);
Status ImportTile(OpContext& op);

// import_reduce.cc
Status ImportReduceMean(OpContext& op);
Status ImportReduceSum(OpContext& op);
Status ImportReduceMax(OpContext& op);
Status ImportReduceMin(OpContext& op);
Status ImportReduceL1(OpContext& op);
Status ImportReduceL2(OpContext& op);
Status ImportReduceProd(OpContext& op);
Status ImportReduceSumSquare(OpContext& op);
Status ImportGlobalAveragePool(OpContext& op);
Status ImportGlobalMaxPool(OpContext& op);
Status ImportSoftmax(OpContext& op);
Status ImportLogSoftmax(OpContext& op);
Status ImportInstanceNormalization(OpContext& op);
Status ImportLayerNormalization(OpContext& op);
Status ImportGroupNormalization(OpContext& op);
Status ImportLpNormalization(OpContext& op);

// import_matmul.cc
Status ImportMatMul(OpContext& op);
Status ImportGemm(OpContext& op);

// import_einsum.cc
Status ImportEinsum(OpContext& op);

// import_scatter.cc
Status ImportScatterND(OpContext& op);

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
