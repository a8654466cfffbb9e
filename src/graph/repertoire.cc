#include "graph/repertoire.h"

#include <array>

#include "graph/import/expand_operators.h"
#include "graph/import/fold_known.h"
#include "graph/import/importers.h"
#include "graph/passes.h"

namespace tessera {
namespace {

// Alphabetical, because this list is what the error for an unknown operator shows.
constexpr std::array kImporters = {
    Importer{"Abs", ImportFunction},
    Importer{"Add", ImportAdd},
    Importer{"And", ImportAnd},
    Importer{"AveragePool", ImportPool},
    Importer{"BatchNormalization", ImportBatchNormalization},
    Importer{"Cast", ImportCast},
    Importer{"Ceil", ImportFunction},
    Importer{"Celu", ImportFunction},
    Importer{"Clip", ImportClip},
    Importer{"Concat", ImportConcat, true},
    Importer{"Constant", ImportConstant},
    Importer{"Conv", ImportAnyConv},
    Importer{"ConvTranspose", ImportConvTranspose},
    Importer{"Cos", ImportFunction},
    Importer{"CumSum", ImportCumSum},
    Importer{"DepthToSpace", ImportDepthToSpace, true},
    Importer{"DequantizeLinear", ImportDequantizeLinear},
    Importer{"Div", ImportDiv},
    Importer{"Dropout", ImportDropout},
    Importer{"Einsum", ImportEinsum},
    Importer{"Elu", ImportFunction},
    Importer{"Equal", ImportCompare},
    Importer{"Erf", ImportFunction},
    Importer{"Exp", ImportFunction},
    Importer{"Expand", ImportExpand, true},
    Importer{"Flatten", ImportReshape, true},
    Importer{"Floor", ImportFunction},
    Importer{"Gather", ImportGather, true},
    Importer{"Gelu", ImportGelu},
    Importer{"Gemm", ImportGemm},
    Importer{"GlobalAveragePool", ImportGlobalAveragePool},
    Importer{"GlobalMaxPool", ImportGlobalMaxPool},
    Importer{"Greater", ImportCompare},
    Importer{"GreaterOrEqual", ImportCompare},
    Importer{"GroupNormalization", ImportGroupNormalization},
    Importer{"HardSigmoid", ImportFunction},
    Importer{"HardSwish", ImportFunction},
    Importer{"Identity", ImportIdentity, true},
    Importer{"InstanceNormalization", ImportInstanceNormalization},
    Importer{"LayerNormalization", ImportLayerNormalization},
    Importer{"LeakyRelu", ImportLeakyRelu},
    Importer{"Less", ImportCompare},
    Importer{"LessOrEqual", ImportCompare},
    Importer{"Log", ImportFunction},
    Importer{"LogSoftmax", ImportLogSoftmax},
    Importer{"LpNormalization", ImportLpNormalization},
    Importer{"MatMul", ImportMatMul},
    Importer{"Max", ImportMax},
    Importer{"MaxPool", ImportPool},
    Importer{"Mean", ImportMean},
    Importer{"Min", ImportMin},
    Importer{"Mish", ImportFunction},
    Importer{"Mod", ImportMod},
    Importer{"Mul", ImportMul},
    Importer{"Neg", ImportFunction},
    Importer{"Not", ImportNot},
    Importer{"Or", ImportOr},
    Importer{"PRelu", ImportPRelu},
    Importer{"Pad", ImportPad},
    Importer{"Pow", ImportPow},
    Importer{"QuantizeLinear", ImportQuantizeLinear},
    Importer{"Reciprocal", ImportFunction},
    Importer{"ReduceL1", ImportReduceL1},
    Importer{"ReduceL2", ImportReduceL2},
    Importer{"ReduceMax", ImportReduceMax},
    Importer{"ReduceMean", ImportReduceMean},
    Importer{"ReduceMin", ImportReduceMin},
    Importer{"ReduceProd", ImportReduceProd},
    Importer{"ReduceSum", ImportReduceSum},
    Importer{"ReduceSumSquare", ImportReduceSumSquare},
    Importer{"Relu", ImportRelu},
    Importer{"Reshape", ImportReshape, true},
    Importer{"Resize", ImportResize},
    Importer{"Round", ImportFunction},
    Importer{"ScatterND", ImportScatterND, true},
    Importer{"Selu", ImportFunction},
    Importer{"Sigmoid", ImportFunction},
    Importer{"Sign", ImportFunction},
    Importer{"Sin", ImportFunction},
    Importer{"Slice", ImportSlice, true},
    Importer{"Softmax", ImportSoftmax},
    Importer{"Softplus", ImportFunction},
    Importer{"Softsign", ImportFunction},
    Importer{"SpaceToDepth", ImportSpaceToDepth, true},
    Importer{"Split", ImportSplit, true},
    Importer{"Sqrt", ImportFunction},
    Importer{"Squeeze", ImportReshape, true},
    Importer{"Sub", ImportSub},
    Importer{"Sum", ImportSum},
    Importer{"Tanh", ImportFunction},
    Importer{"ThresholdedRelu", ImportFunction},
    Importer{"Tile", ImportTile, true},
    Importer{"TopK", ImportTopK},
    Importer{"Transpose", ImportTranspose, true},
    Importer{"Unsqueeze", ImportReshape, true},
    Importer{"Upsample", ImportUpsample},
    Importer{"Where", ImportWhere},
    Importer{"Xor", ImportXor},
};

constexpr std::array<Status (*)(Graph& graph), 10> kPasses = {
    RemoveDeadNodes,  // first too, so that an unused branch cannot make a model unsupported
    FoldConstants,   ResolveLayouts,  FreeImageSize,   LowerBatchNormalization,
    FoldAffine,      FuseActivations, MergeUpsampling, RemoveRepeatedQuantization,
    RemoveDeadNodes,
};

void Rewrite(onnx::Model& model) {
  ExpandQuantizedOperators(model);
  ExpandFusedOperators(model);
}

constexpr Repertoire kAll = {kImporters, Rewrite, FoldKnown, kPasses};

}  // namespace

const Repertoire& LinkedRepertoire() { return kAll; }

}  // namespace tessera
