#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/import/importers.h"

namespace tessera {
namespace {

Status ImportUnary(OpContext& op, Operation operation) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  return op.Emit(std::move(operation), {x});
}

// The image's height and width as tensors of one element: ones in the picture's place, added up.
Result<ValueId> Counted(OpContext& op, const Extent& number) {
  const ValueId image = op.graph().input;
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ValueExtents(image));
  const int64_t height = extents[1] == Extent::Height() ? 1 : 2;  // channels last, or first
  const int64_t width = height + 1;
  const int64_t channels = height == 1 ? 3 : 1;
  const ValueId zero = op.AddConstant({}, {0.0f});
  const ValueId one = op.AddConstant({}, {1.0f});
  TESSERA_ASSIGN_OR_RETURN(ValueId ones, op.Add(Binary{Binary::Kind::kMul}, {image, zero}));
  TESSERA_ASSIGN_OR_RETURN(ones, op.Add(Binary{Binary::Kind::kAdd}, {ones, one}));
  TESSERA_ASSIGN_OR_RETURN(ones, op.Add(Reduce{Reduce::Kind::kMean, {channels}}, {ones}));
  ValueId sum = op.AddConstant({}, {static_cast<float>(number.one().ToDouble())});
  const auto add = [&](Rational factor, bool high, bool wide) -> Status {
    if (factor == 0) return Status::Ok();
    using Kind = Reduce::Kind;
    TESSERA_ASSIGN_OR_RETURN(const ValueId lines,
                             op.Add(Reduce{high ? Kind::kSum : Kind::kMean, {height}}, {ones}));
    TESSERA_ASSIGN_OR_RETURN(const ValueId count,
                             op.Add(Reduce{wide ? Kind::kSum : Kind::kMean, {width}}, {lines}));
    const ValueId weight = op.AddConstant({}, {static_cast<float>(factor.ToDouble())});
    TESSERA_ASSIGN_OR_RETURN(const ValueId part,
                             op.Add(Binary{Binary::Kind::kMul}, {count, weight}));
    TESSERA_ASSIGN_OR_RETURN(sum, op.Add(Binary{Binary::Kind::kAdd}, {part, sum}));
    return Status::Ok();
  };
  TESSERA_RETURN_IF_ERROR(add(number.height(), true, false));
  TESSERA_RETURN_IF_ERROR(add(number.width(), false, true));
  TESSERA_RETURN_IF_ERROR(add(number.area(), true, true));
  if (!number.over()) return sum;
  TESSERA_ASSIGN_OR_RETURN(const ValueId divisor, Counted(op, *number.over()));
  return op.Add(Binary{Binary::Kind::kDiv}, {sum, divisor});
}

}  // namespace

// A tensor or constant of a floating type. Integer constants beside tensors are numbers that an
// exporter wrote without a type.
Result<ValueId> Operand(OpContext& op, size_t index) {
  const std::optional<KnownTensor> known = op.KnownInput(index);
  if (known && known->floats.empty() && known->IsConstant()) {
    std::vector<float> elements;
    for (const Extent& extent : known->extents) {
      elements.push_back(static_cast<float>(extent.one().ToDouble()));
    }
    return op.AddConstant(known->shape, std::move(elements));
  }
  const bool is_size = known && known->size() == 1 && !known->IsConstant() &&
                       known->shape.size() <= 4;  // as many axes as an image
  if (is_size) return Counted(op, known->extents[0]);
  return op.Input(index);
}

namespace {

// The sum of an image over its size, which is its mean: sums over axes whose extents have `size` as
// their product, up to a constant, become means. False when `x` is no such sum.
Result<bool> EmitMean(OpContext& op, ValueId x, const Extent& size) {
  std::vector<std::vector<int64_t>> sums;  // the last one first
  Extent summed = 1;
  std::optional<Extent> share;
  while (!share || !share->IsConstant()) {
    const auto node = std::find_if(op.graph().nodes.begin(), op.graph().nodes.end(),
                                   [&](const Node& other) { return other.output == x; });
    const auto* reduce =
        node == op.graph().nodes.end() ? nullptr : std::get_if<Reduce>(&node->operation);
    if (!reduce || reduce->kind != Reduce::Kind::kSum) return false;
    x = node->inputs[0];
    TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ValueExtents(x));
    for (const int64_t axis : reduce->axes) {
      const auto product = Extent::Product(summed, extents[static_cast<size_t>(axis)]);
      if (!product) return false;
      summed = *product;
    }
    sums.push_back(reduce->axes);
    share = Extent::Quotient(summed, size);
  }
  for (auto axes = sums.rbegin(); axes != sums.rend(); ++axes) {
    TESSERA_ASSIGN_OR_RETURN(x, op.Add(Reduce{Reduce::Kind::kMean, *axes}, {x}));
  }
  const ValueId factor = op.AddConstant({}, {static_cast<float>(share->one().ToDouble())});
  TESSERA_RETURN_IF_ERROR(op.Emit(Binary{Binary::Kind::kMul}, {x, factor}));
  return true;
}

// Before operator set 7 `broadcast` and `axis` said which axes of a the shape of b belongs to.
Result<ValueId> OldBroadcast(OpContext& op, ValueId a, ValueId b) {
  TESSERA_ASSIGN_OR_RETURN(const int64_t broadcast, op.Int("broadcast", 0));
  const auto rank = static_cast<int64_t>(op.graph().value(a).shape.size());
  const Value& value = op.graph().value(b);
  const auto own = static_cast<int64_t>(value.shape.size());
  TESSERA_ASSIGN_OR_RETURN(const int64_t axis, op.Int("axis", rank - own));
  if (broadcast == 0 || axis == rank - own || own == 0) return b;
  if (axis < 0 || axis + own > rank || !value.constant) {
    return op.Unsupported("broadcasting by attributes of a tensor; export with operator set 7");
  }
  Shape shape = value.shape;
  shape.resize(static_cast<size_t>(rank - axis), 1);
  return op.AddConstant(std::move(shape), value.constant->floats);
}

Status ImportBinary(OpContext& op, Binary::Kind kind) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId a, Operand(op, 0));
  const std::optional<KnownTensor> size = op.IsConstantInput(1) ? std::nullopt : op.KnownInput(1);
  if (kind == Binary::Kind::kDiv && size && size->size() == 1 && !size->extents.empty()) {
    TESSERA_ASSIGN_OR_RETURN(const bool is_mean, EmitMean(op, a, size->extents[0]));
    if (is_mean) return Status::Ok();
  }
  TESSERA_ASSIGN_OR_RETURN(ValueId b, Operand(op, 1));
  op.Ignore("consumed_inputs");
  if (op.opset() < 7) {
    TESSERA_ASSIGN_OR_RETURN(b, OldBroadcast(op, a, b));
  }
  return op.Emit(Binary{kind}, {a, b});
}

// The operators that are one function, and the defaults of their attributes.
struct Function {
  std::string_view op_type;
  Unary::Kind kind;
  bool has_alpha = false;
  float alpha = 0.0f;
  const char* beta_name = nullptr;
  float beta = 0.0f;
};

constexpr std::array kFunctions = {
    Function{"Abs", Unary::Kind::kAbs},
    Function{"Ceil", Unary::Kind::kCeil},
    Function{"Celu", Unary::Kind::kCelu, true, 1.0f},
    Function{"Cos", Unary::Kind::kCos},
    Function{"Elu", Unary::Kind::kElu, true, 1.0f},
    Function{"Erf", Unary::Kind::kErf},
    Function{"Exp", Unary::Kind::kExp},
    Function{"Floor", Unary::Kind::kFloor},
    Function{"HardSigmoid", Unary::Kind::kHardSigmoid, true, 0.2f, "beta", 0.5f},
    Function{"HardSwish", Unary::Kind::kHardSwish},
    Function{"Log", Unary::Kind::kLog},
    Function{"Mish", Unary::Kind::kMish},
    Function{"Neg", Unary::Kind::kNeg},
    Function{"Reciprocal", Unary::Kind::kReciprocal},
    Function{"Round", Unary::Kind::kRound},
    Function{"Selu", Unary::Kind::kSelu, true, 1.67326319f, "gamma", 1.05070102f},
    Function{"Sigmoid", Unary::Kind::kSigmoid},
    Function{"Sign", Unary::Kind::kSign},
    Function{"Sin", Unary::Kind::kSin},
    Function{"Softplus", Unary::Kind::kSoftplus},
    Function{"Softsign", Unary::Kind::kSoftsign},
    Function{"Sqrt", Unary::Kind::kSqrt},
    Function{"Tanh", Unary::Kind::kTanh},
    Function{"ThresholdedRelu", Unary::Kind::kThresholdedRelu, true, 1.0f},
};

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
  // Some exporters write the slopes as a plain vector, one per channel.
  const Shape& shape = op.graph().value(slope).shape;
  const size_t rank = op.graph().value(x).shape.size();
  if (shape.size() == 1 && shape[0] > 1 && rank > 2) {
    Shape per_channel(rank - 1, 1);
    per_channel[0] = shape[0];
    std::vector<float> slopes = op.graph().value(slope).constant->floats;
    return op.Emit(PRelu{}, {x, op.AddConstant(std::move(per_channel), std::move(slopes))});
  }
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

Status ImportFunction(OpContext& op) {
  for (const Function& function : kFunctions) {
    if (function.op_type != op.op_type()) continue;
    Unary unary{function.kind};
    if (function.has_alpha) {
      TESSERA_ASSIGN_OR_RETURN(unary.alpha, op.Float("alpha", function.alpha));
    }
    if (function.beta_name) {
      TESSERA_ASSIGN_OR_RETURN(unary.beta, op.Float(function.beta_name, function.beta));
    }
    if (!std::isfinite(unary.alpha) || !std::isfinite(unary.beta)) {
      return op.Malformed("an attribute is not a finite number");
    }
    if (unary.kind == Unary::Kind::kCelu && unary.alpha == 0.0f) {
      return op.Malformed("alpha is zero");
    }
    return ImportUnary(op, unary);
  }
  return op.Unsupported("is no function that is known");
}

Status ImportGelu(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const std::string approximate, op.String("approximate", "none"));
  if (approximate != "none" && approximate != "tanh") {
    return op.Malformed("approximate '" + approximate + "' does not exist");
  }
  const bool exact = approximate == "none";
  return ImportUnary(op, Unary{exact ? Unary::Kind::kGelu : Unary::Kind::kGeluTanh});
}

// Sums, means and extremes of any number of tensors.
Status ImportVariadic(OpContext& op, Binary::Kind kind, bool mean) {
  if (op.input_count() == 0) return op.Malformed("has no inputs");
  TESSERA_ASSIGN_OR_RETURN(ValueId x, Operand(op, 0));
  const size_t count = op.input_count();
  for (size_t i = 1; i < count; ++i) {
    TESSERA_ASSIGN_OR_RETURN(const ValueId next, Operand(op, i));
    if (i + 1 == count && !mean) return op.Emit(Binary{kind}, {x, next});
    TESSERA_ASSIGN_OR_RETURN(x, op.Add(Binary{kind}, {x, next}));
  }
  if (!mean || count == 1) return op.Alias(x);
  const ValueId share = op.AddConstant({}, {1.0f / static_cast<float>(count)});
  return op.Emit(Binary{Binary::Kind::kMul}, {x, share});
}

Status ImportMin(OpContext& op) { return ImportVariadic(op, Binary::Kind::kMin, false); }
Status ImportMax(OpContext& op) { return ImportVariadic(op, Binary::Kind::kMax, false); }
Status ImportSum(OpContext& op) { return ImportVariadic(op, Binary::Kind::kAdd, false); }
Status ImportMean(OpContext& op) { return ImportVariadic(op, Binary::Kind::kAdd, true); }

// Small whole exponents and roots as what they are.
Status ImportPow(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, Operand(op, 0));
  const std::optional<KnownTensor> exponent = op.KnownInput(1);
  const auto extents = exponent ? exponent->Extents() : std::nullopt;
  if (extents && extents->size() == 1 && !op.graph().value(x).constant) {
    const Extent& power = (*extents)[0];
    if (power == Extent(1)) return op.Alias(x);
    if (power == Extent(2)) return op.Emit(Binary{Binary::Kind::kMul}, {x, x});
    if (power == Extent(Rational(1, 2))) return op.Emit(Unary{Unary::Kind::kSqrt}, {x});
    if (power == Extent(-1)) return op.Emit(Unary{Unary::Kind::kReciprocal}, {x});
    if (power == Extent(3)) {
      TESSERA_ASSIGN_OR_RETURN(const ValueId square, op.Add(Binary{Binary::Kind::kMul}, {x, x}));
      return op.Emit(Binary{Binary::Kind::kMul}, {square, x});
    }
  }
  TESSERA_ASSIGN_OR_RETURN(const ValueId y, Operand(op, 1));
  return op.Emit(Binary{Binary::Kind::kPow}, {x, y});
}

Status ImportMod(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const int64_t fmod, op.Int("fmod", 0));
  if (fmod != 0) return op.Unsupported("fmod = 1 (the sign of the dividend) is not supported");
  return ImportBinary(op, Binary::Kind::kMod);
}

Status ImportAdd(OpContext& op) { return ImportBinary(op, Binary::Kind::kAdd); }
Status ImportSub(OpContext& op) { return ImportBinary(op, Binary::Kind::kSub); }
Status ImportMul(OpContext& op) { return ImportBinary(op, Binary::Kind::kMul); }
Status ImportDiv(OpContext& op) { return ImportBinary(op, Binary::Kind::kDiv); }

}  // namespace tessera
