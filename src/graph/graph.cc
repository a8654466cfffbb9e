#include "graph/graph.h"

namespace tessera {
namespace {

struct NameOf {
  const char* operator()(const Conv&) const { return "Conv"; }
  const char* operator()(const Clip& clip) const {
    const bool is_relu = clip.min == 0.0f && clip.max == std::numeric_limits<float>::infinity();
    return is_relu ? "Relu" : "Clip";
  }
  const char* operator()(const LeakyRelu&) const { return "LeakyRelu"; }
  const char* operator()(const PRelu&) const { return "PRelu"; }
  const char* operator()(const Binary& binary) const {
    switch (binary.kind) {
      case Binary::Kind::kAdd:
        return "Add";
      case Binary::Kind::kSub:
        return "Sub";
      case Binary::Kind::kMul:
        return "Mul";
      case Binary::Kind::kDiv:
        return "Div";
    }
    return "Binary";
  }
  const char* operator()(const Concat&) const { return "Concat"; }
  const char* operator()(const DepthToSpace&) const { return "DepthToSpace"; }
  const char* operator()(const Resize&) const { return "Resize"; }
  const char* operator()(const Pad&) const { return "Pad"; }
  const char* operator()(const BatchNormalization&) const { return "BatchNormalization"; }
  const char* operator()(const Transpose&) const { return "Transpose"; }
  const char* operator()(const Unary& unary) const {
    switch (unary.kind) {
      case Unary::Kind::kSigmoid:
        return "Sigmoid";
      case Unary::Kind::kTanh:
        return "Tanh";
      case Unary::Kind::kGelu:
        return "Gelu";
    }
    return "Unary";
  }
  const char* operator()(const FakeQuantize&) const { return "QuantizeLinear"; }
};

}  // namespace

const char* OperationName(const Operation& operation) { return std::visit(NameOf(), operation); }

Status AtNode(const Node& node, const Status& status) {
  return Status(status.code(), std::string(OperationName(node.operation)) + " node '" + node.name +
                                   "': " + status.message());
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
