#include <cmath>
#include <limits>
#include <string>

#include "graph/import/importers.h"

namespace tessera {
namespace {

Status ImportUnary(OpContext& op, Operation operation) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  return op.Emit(std::move(operation), {x});
}

Status ImportBinary(OpContext& op, Binary::Kind kind) {
  // Before operator set 7 these marked another kind of broadcasting.
  if (op.Has("axis") || op.Has("broadcast")) {
    return op.Unsupported("broadcasting by attributes; export with operator set 7 or newer");
  }
  TESSERA_ASSIGN_OR_RETURN(const ValueId a, op.Input(0));
  TESSERA_ASSIGN_OR_RETURN(const ValueId b, op.Input(1));
  for (const ValueId id : {a, b}) {
    if (op.graph().value(id).type != ElementType::kFloat32) {
      return op.Unsupported(
          "arithmetic on integers is not supported; export the model with a "
          "fixed input size or a constant scale factor");
    }
  }
  return op.Emit(Binary{kind}, {a, b});
}

}  // namespace

Status ImportRelu(OpContext& op) {
  return ImportUnary(op, Clip{0.0f, std::numeric_limits<float>::infinity()});
}

Status ImportLeakyRelu(OpContext& op) {
  LeakyRelu leaky_relu;
  TESSERA_ASSIGN_OR_RETURN(leaky_relu.alpha, op.Float("alpha", leaky_relu.alpha));
  if (!std::isfinite(leaky_relu.alpha)) return op.Malformed("alpha is not a finite number");
  return ImportUnary(op, leaky_relu);
}

Status ImportPRelu(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const ValueId slope, op.WeightInput(1));
  return op.Emit(PRelu{}, {x, slope});
}

Status ImportClip(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  Clip clip;
  if (op.opset() < 11) {  // the limits were attributes
    TESSERA_ASSIGN_OR_RETURN(clip.min, op.Float("min", clip.min));
    TESSERA_ASSIGN_OR_RETURN(clip.max, op.Float("max", clip.max));
  } else {
    TESSERA_ASSIGN_OR_RETURN(clip.min, op.ScalarInput(1, clip.min));
    TESSERA_ASSIGN_OR_RETURN(clip.max, op.ScalarInput(2, clip.max));
  }
  // Also refuses NaN.
  if (!(clip.min < clip.max)) return op.Malformed("min must be less than max");
  return op.Emit(clip, {x});
}

Status ImportSigmoid(OpContext& op) { return ImportUnary(op, Unary{Unary::Kind::kSigmoid}); }
Status ImportTanh(OpContext& op) { return ImportUnary(op, Unary{Unary::Kind::kTanh}); }

Status ImportGelu(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const std::string approximate, op.String("approximate", "none"));
  if (approximate != "none") {
    return op.Unsupported("approximate '" + approximate + "' is not supported; none is");
  }
  return ImportUnary(op, Unary{Unary::Kind::kGelu});
}

Status ImportAdd(OpContext& op) { return ImportBinary(op, Binary::Kind::kAdd); }
Status ImportSub(OpContext& op) { return ImportBinary(op, Binary::Kind::kSub); }
Status ImportMul(OpContext& op) { return ImportBinary(op, Binary::Kind::kMul); }
Status ImportDiv(OpContext& op) { return ImportBinary(op, Binary::Kind::kDiv); }

}  // namespace tessera
