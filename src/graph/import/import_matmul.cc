#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "graph/import/importers.h"
#include "graph/import/known_tensor.h"

namespace tessera {
namespace {

// An input of a matrix product: a tensor or weights of a floating type.
Result<ValueId> Factor(OpContext& op, size_t index) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId id, op.Input(index));
  if (op.graph().value(id).type != ElementType::kFloat32) {
    return op.Unsupported("input " + std::to_string(index) + " must have a floating type");
  }
  return id;
}

// The matrix with its axes exchanged.
Result<ValueId> Transposed(OpContext& op, ValueId id) {
  const Value& value = op.graph().value(id);
  if (value.shape.size() != 2) return op.Malformed("needs matrices");
  if (!value.constant) return op.Add(Transpose{{1, 0}}, {id});
  const std::vector<size_t> source = TransposeSource(value.shape, {1, 0});
  std::vector<float> elements;
  elements.reserve(source.size());
  for (const size_t element : source) elements.push_back(value.constant->floats[element]);
  return op.AddConstant({value.shape[1], value.shape[0]}, std::move(elements));
}

Result<ValueId> Scaled(OpContext& op, ValueId id, float factor) {
  if (factor == 1.0f) return id;
  const Value& value = op.graph().value(id);
  if (!value.constant) {
    const ValueId constant = op.AddConstant({}, {factor});
    return op.Add(Binary{Binary::Kind::kMul}, {id, constant});
  }
  std::vector<float> elements = value.constant->floats;
  for (float& element : elements) element *= factor;
  Shape shape = value.shape;
  return op.AddConstant(std::move(shape), std::move(elements));
}

}  // namespace

Status ImportMatMul(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId a, Factor(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const ValueId b, Factor(op, 1));
  return op.Emit(MatMul{}, {a, b});
}

Status ImportGemm(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(ValueId a, Factor(op, 0));
  TESSERA_ASSIGN_OR_RETURN(ValueId b, Factor(op, 1));
  TESSERA_ASSIGN_OR_RETURN(const int64_t transpose_a, op.Int("transA", 0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t transpose_b, op.Int("transB", 0));
  TESSERA_ASSIGN_OR_RETURN(const float alpha, op.Float("alpha", 1.0f));
  TESSERA_ASSIGN_OR_RETURN(const float beta, op.Float("beta", 1.0f));
  if (!std::isfinite(alpha) || !std::isfinite(beta)) {
    return op.Malformed("alpha or beta is not a finite number");
  }
  if (transpose_a != 0) {
    TESSERA_ASSIGN_OR_RETURN(a, Transposed(op, a));
  }
  if (transpose_b != 0) {
    TESSERA_ASSIGN_OR_RETURN(b, Transposed(op, b));
  }
  TESSERA_ASSIGN_OR_RETURN(b, Scaled(op, b, alpha));
  if (!op.HasInput(2)) return op.Emit(MatMul{}, {a, b});
  TESSERA_ASSIGN_OR_RETURN(const ValueId product, op.Add(MatMul{}, {a, b}));
  TESSERA_ASSIGN_OR_RETURN(ValueId c, Factor(op, 2));
  TESSERA_ASSIGN_OR_RETURN(c, Scaled(op, c, beta));
  return op.Emit(Binary{Binary::Kind::kAdd}, {product, c});
}

}  // namespace tessera
