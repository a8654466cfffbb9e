#include "graph/graph.h"

namespace tessera {
namespace {

const char* BinaryName(Binary::Kind kind) {
  switch (kind) {
    case Binary::Kind::kAdd:
      return "Add";
    case Binary::Kind::kSub:
      return "Sub";
    case Binary::Kind::kMul:
      return "Mul";
    case Binary::Kind::kDiv:
      return "Div";
    case Binary::Kind::kMin:
      return "Min";
    case Binary::Kind::kMax:
      return "Max";
    case Binary::Kind::kPow:
      return "Pow";
    case Binary::Kind::kMod:
      break;
  }
  return "Mod";
}

const char* ReduceName(Reduce::Kind kind) {
  switch (kind) {
    case Reduce::Kind::kMean:
      return "ReduceMean";
    case Reduce::Kind::kSum:
      return "ReduceSum";
    case Reduce::Kind::kMax:
      return "ReduceMax";
    case Reduce::Kind::kMin:
      return "ReduceMin";
    case Reduce::Kind::kL1:
      return "ReduceL1";
    case Reduce::Kind::kL2:
      return "ReduceL2";
    case Reduce::Kind::kSumSquare:
      return "ReduceSumSquare";
    case Reduce::Kind::kProduct:
      break;
  }
  return "ReduceProd";
}

const char* UnaryName(Unary::Kind kind) {
  switch (kind) {
    case Unary::Kind::kSigmoid:
      return "Sigmoid";
    case Unary::Kind::kTanh:
      return "Tanh";
    case Unary::Kind::kGelu:
    case Unary::Kind::kGeluTanh:
      return "Gelu";
    case Unary::Kind::kSilu:
      return "Silu";
    case Unary::Kind::kErf:
      return "Erf";
    case Unary::Kind::kSoftplus:
      return "Softplus";
    case Unary::Kind::kElu:
      return "Elu";
    case Unary::Kind::kSelu:
      return "Selu";
    case Unary::Kind::kCelu:
      return "Celu";
    case Unary::Kind::kHardSigmoid:
      return "HardSigmoid";
    case Unary::Kind::kHardSwish:
      return "HardSwish";
    case Unary::Kind::kMish:
      return "Mish";
    case Unary::Kind::kSoftsign:
      return "Softsign";
    case Unary::Kind::kThresholdedRelu:
      return "ThresholdedRelu";
    case Unary::Kind::kAbs:
      return "Abs";
    case Unary::Kind::kNeg:
      return "Neg";
    case Unary::Kind::kExp:
      return "Exp";
    case Unary::Kind::kLog:
      return "Log";
    case Unary::Kind::kSqrt:
      return "Sqrt";
    case Unary::Kind::kReciprocal:
      return "Reciprocal";
    case Unary::Kind::kFloor:
      return "Floor";
    case Unary::Kind::kCeil:
      return "Ceil";
    case Unary::Kind::kRound:
      return "Round";
    case Unary::Kind::kSign:
      return "Sign";
    case Unary::Kind::kSin:
      return "Sin";
    case Unary::Kind::kCos:
      break;
  }
  return "Cos";
}

struct NameOf {
  const char* operator()(const Conv&) const { return "Conv"; }
  const char* operator()(const Clip& clip) const {
    const bool is_relu = clip.min == 0.0f && clip.max == std::numeric_limits<float>::infinity();
    return is_relu ? "Relu" : "Clip";
  }
  const char* operator()(const LeakyRelu&) const { return "LeakyRelu"; }
  const char* operator()(const PRelu&) const { return "PRelu"; }
  const char* operator()(const Binary& binary) const { return BinaryName(binary.kind); }
  const char* operator()(const Concat&) const { return "Concat"; }
  const char* operator()(const DepthToSpace&) const { return "DepthToSpace"; }
  const char* operator()(const SpaceToDepth&) const { return "SpaceToDepth"; }
  const char* operator()(const SelectChannels&) const { return "SelectChannels"; }
  const char* operator()(const Resize&) const { return "Resize"; }
  const char* operator()(const Pad&) const { return "Pad"; }
  const char* operator()(const Pool& pool) const {
    return pool.kind == Pool::Kind::kMax ? "MaxPool" : "AveragePool";
  }
  const char* operator()(const Reduce& reduce) const { return ReduceName(reduce.kind); }
  const char* operator()(const Softmax& softmax) const {
    return softmax.log ? "LogSoftmax" : "Softmax";
  }
  const char* operator()(const BatchNormalization&) const { return "BatchNormalization"; }
  const char* operator()(const Transpose&) const { return "Transpose"; }
  const char* operator()(const Unary& unary) const { return UnaryName(unary.kind); }
  const char* operator()(const FakeQuantize&) const { return "QuantizeLinear"; }
  const char* operator()(const Reshape&) const { return "Reshape"; }
  const char* operator()(const Slice&) const { return "Slice"; }
  const char* operator()(const Gather&) const { return "Gather"; }
  const char* operator()(const Expand&) const { return "Expand"; }
  const char* operator()(const MatMul&) const { return "MatMul"; }
  const char* operator()(const Relayout& relayout) const {
    return relayout.to_plain ? "ToPlain" : "ToImage";
  }
};

}  // namespace

const char* OperationName(const Operation& operation) { return std::visit(NameOf(), operation); }

Status AtNode(const Node& node, const Status& status) {
  return Status(status.code(), std::string(OperationName(node.operation)) + " node '" + node.name +
                                   "': " + status.message());
}

const char* PadModeName(Pad::Mode mode) {
  switch (mode) {
    case Pad::Mode::kConstant:
      return "constant";
    case Pad::Mode::kReflect:
      return "reflect";
    case Pad::Mode::kEdge:
      return "edge";
    case Pad::Mode::kWrap:
      break;
  }
  return "wrap";
}

const char* ResizeModeName(Resize::Mode mode) {
  switch (mode) {
    case Resize::Mode::kNearest:
      return "nearest";
    case Resize::Mode::kLinear:
      return "linear";
    case Resize::Mode::kCubic:
      break;
  }
  return "cubic";
}

}  // namespace tessera
