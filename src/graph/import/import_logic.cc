#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "graph/import/importers.h"
#include "graph/infer_node.h"

// Comparisons and choices. Truths are the numbers 0 and 1, so that arithmetic makes them and a
// choice is a sum of products.
namespace tessera {
namespace {

// 1 where a > b, else 0.
Result<ValueId> IsGreater(OpContext& op, ValueId a, ValueId b) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId difference, op.Add(Binary{Binary::Kind::kSub}, {a, b}));
  TESSERA_ASSIGN_OR_RETURN(const ValueId sign, op.Add(Unary{Unary::Kind::kSign}, {difference}));
  return op.Add(Clip{0.0f, 1.0f}, {sign});
}

Result<ValueId> Not(OpContext& op, ValueId truth) {
  const ValueId one = op.AddConstant({}, {1.0f});
  return op.Add(Binary{Binary::Kind::kSub}, {one, truth});
}

// What is not finite becomes the largest number: a product with 0 is then 0, and softmax makes
// nothing of either.
std::vector<float> Finite(std::vector<float> elements) {
  constexpr float kMost = std::numeric_limits<float>::max();
  for (float& element : elements) element = std::clamp(element, -kMost, kMost);
  return elements;
}

// The choice, where it is true, or 0. Constants are multiplied here.
Result<ValueId> Chosen(OpContext& op, ValueId choice, ValueId truth) {
  const Value& value = op.graph().value(choice);
  if (!value.constant) return op.Add(Binary{Binary::Kind::kMul}, {choice, truth});
  std::vector<float> elements = Finite(value.constant->floats);
  const Shape shape = value.shape;
  const Value& factor = op.graph().value(truth);
  if (!factor.constant) {
    TESSERA_ASSIGN_OR_RETURN(const ValueId finite, op.AddFolded(shape, std::move(elements)));
    return op.Add(Binary{Binary::Kind::kMul}, {finite, truth});
  }
  TESSERA_ASSIGN_OR_RETURN(Shape product, Broadcast(shape, factor.shape));
  TESSERA_ASSIGN_OR_RETURN(const size_t count, op.FoldedSize(product, false));
  const std::vector<size_t> own = BroadcastSource(shape, product);
  const std::vector<size_t> other = BroadcastSource(factor.shape, product);
  std::vector<float> products(count);
  for (size_t i = 0; i < count; ++i) {
    products[i] = factor.constant->floats[other[i]] != 0.0f ? elements[own[i]] : 0.0f;
  }
  return op.AddFolded(std::move(product), std::move(products));
}

}  // namespace

Status ImportCompare(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(ValueId a, Operand(op, 0));
  TESSERA_ASSIGN_OR_RETURN(ValueId b, Operand(op, 1));
  if (op.op_type() == "Equal") {
    TESSERA_ASSIGN_OR_RETURN(const ValueId difference, op.Add(Binary{Binary::Kind::kSub}, {a, b}));
    TESSERA_ASSIGN_OR_RETURN(const ValueId sign, op.Add(Unary{Unary::Kind::kSign}, {difference}));
    TESSERA_ASSIGN_OR_RETURN(const ValueId differs, op.Add(Unary{Unary::Kind::kAbs}, {sign}));
    TESSERA_ASSIGN_OR_RETURN(const ValueId equal, Not(op, differs));
    return op.Alias(equal);
  }
  const bool or_equal = op.op_type().ends_with("OrEqual");
  if (op.op_type().starts_with("Less") != or_equal) std::swap(a, b);
  TESSERA_ASSIGN_OR_RETURN(ValueId truth, IsGreater(op, a, b));
  if (or_equal) {
    TESSERA_ASSIGN_OR_RETURN(truth, Not(op, truth));
  }
  return op.Alias(truth);
}

Status ImportNot(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const ValueId y, Not(op, x));
  return op.Alias(y);
}

Status ImportAnd(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId a, Operand(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const ValueId b, Operand(op, 1));
  return op.Emit(Binary{Binary::Kind::kMul}, {a, b});
}

Status ImportOr(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId a, Operand(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const ValueId b, Operand(op, 1));
  return op.Emit(Binary{Binary::Kind::kMax}, {a, b});
}

Status ImportXor(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId a, Operand(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const ValueId b, Operand(op, 1));
  TESSERA_ASSIGN_OR_RETURN(const ValueId difference, op.Add(Binary{Binary::Kind::kSub}, {a, b}));
  return op.Emit(Unary{Unary::Kind::kAbs}, {difference});
}

Status ImportWhere(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId given, Operand(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const ValueId yes, Operand(op, 1));
  TESSERA_ASSIGN_OR_RETURN(const ValueId no, Operand(op, 2));
  const Value& condition = op.graph().value(given);
  ValueId truth = given;
  ValueId otherwise = kNoValue;
  if (condition.constant) {
    std::vector<float> truths = condition.constant->floats;
    std::vector<float> opposites = truths;
    for (float& element : truths) element = element != 0.0f ? 1.0f : 0.0f;
    for (float& element : opposites) element = element != 0.0f ? 0.0f : 1.0f;
    const Shape shape = condition.shape;
    TESSERA_ASSIGN_OR_RETURN(truth, op.AddFolded(shape, std::move(truths)));
    TESSERA_ASSIGN_OR_RETURN(otherwise, op.AddFolded(shape, std::move(opposites)));
  } else {
    TESSERA_ASSIGN_OR_RETURN(otherwise, Not(op, truth));
  }
  TESSERA_ASSIGN_OR_RETURN(const ValueId first, Chosen(op, yes, truth));
  TESSERA_ASSIGN_OR_RETURN(const ValueId second, Chosen(op, no, otherwise));
  return op.Emit(Binary{Binary::Kind::kAdd}, {first, second});
}

}  // namespace tessera
