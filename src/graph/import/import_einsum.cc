#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "graph/import/importers.h"
#include "graph/import/known_tensor.h"

// Einsum of two tensors: one matrix product between two changes of shape.
namespace tessera {
namespace {

bool Has(const std::string& labels, char label) { return labels.find(label) != std::string::npos; }

bool IsTerm(const std::string& labels) {
  std::string sorted = labels;
  std::sort(sorted.begin(), sorted.end());
  const bool once = std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
  return once && std::all_of(sorted.begin(), sorted.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

// "ab,bc->ac" as labels of the axes of the inputs and of the output.
struct Equation {
  std::string a;
  std::string b;
  std::string y;
};

Result<Equation> ReadEquation(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(std::string text, op.String("equation", ""));
  std::erase(text, ' ');
  const size_t comma = text.find(',');
  const size_t arrow = text.find("->");
  const bool is_pair = comma != std::string::npos && arrow != std::string::npos && comma < arrow;
  Equation equation;
  if (is_pair) {
    equation = {text.substr(0, comma), text.substr(comma + 1, arrow - comma - 1),
                text.substr(arrow + 2)};
  }
  if (!is_pair || op.input_count() != 2 || !IsTerm(equation.a) || !IsTerm(equation.b) ||
      !IsTerm(equation.y)) {
    return op.Unsupported("the equation '" + text +
                          "' is not supported; products of two tensors are, each of whose axes "
                          "has a letter of its own, with '->': write it with matmul");
  }
  return equation;
}

// The labels by what becomes of them.
struct Roles {
  std::string batch;   // in both inputs and the output
  std::string summed;  // in both inputs only
  std::string free_a;
  std::string free_b;
};

Result<Roles> RolesOf(OpContext& op, const Equation& equation) {
  Roles roles;
  for (const char label : equation.a) {
    const bool kept = Has(equation.y, label);
    if (Has(equation.b, label)) {
      (kept ? roles.batch : roles.summed) += label;
    } else if (kept) {
      roles.free_a += label;
    } else {
      return op.Unsupported("sums one input alone; write it with matmul and sum");
    }
  }
  for (const char label : equation.b) {
    if (Has(equation.a, label)) continue;
    if (!Has(equation.y, label)) {
      return op.Unsupported("sums one input alone; write it with matmul and sum");
    }
    roles.free_b += label;
  }
  if (equation.y.size() == roles.batch.size() + roles.free_a.size() + roles.free_b.size()) {
    return roles;
  }
  return op.Malformed("an axis of the output is in no input");
}

std::vector<int64_t> Order(const std::string& from, const std::string& to) {
  std::vector<int64_t> permutation;
  for (const char label : to) permutation.push_back(static_cast<int64_t>(from.find(label)));
  return permutation;
}

Result<ValueId> Permuted(OpContext& op, ValueId x, std::vector<int64_t> permutation) {
  if (std::is_sorted(permutation.begin(), permutation.end())) return x;
  const Value& value = op.graph().value(x);
  if (!value.constant) return op.Add(Transpose{std::move(permutation)}, {x});
  Shape shape;
  for (const int64_t axis : permutation) shape.push_back(value.shape[static_cast<size_t>(axis)]);
  std::vector<float> elements;
  for (const size_t element : TransposeSource(value.shape, permutation)) {
    elements.push_back(value.constant->floats[element]);
  }
  return op.AddConstant(std::move(shape), std::move(elements));
}

// The axes of a matrix product's factor: some that stay apart, and two groups that become one each.
Result<ValueId> AsMatrices(OpContext& op, size_t index, const std::string& labels,
                           const std::string& batch, const std::string& rows,
                           const std::string& columns) {
  TESSERA_ASSIGN_OR_RETURN(ValueId x, op.Input(index));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(index));
  if (extents.size() != labels.size() || op.graph().value(x).type != ElementType::kFloat32) {
    return op.Malformed("input " + std::to_string(index) + " does not fit '" + labels + "'");
  }
  TESSERA_ASSIGN_OR_RETURN(x, Permuted(op, x, Order(labels, batch + rows + columns)));
  if (rows.size() == 1 && columns.size() == 1) return x;
  std::vector<Extent> shape;
  for (const char label : batch) shape.push_back(extents[labels.find(label)]);
  for (const std::string& group : {rows, columns}) {
    Extent product = 1;
    for (const char label : group) {
      const auto next = Extent::Product(product, extents[labels.find(label)]);
      if (!next) return op.Unsupported("joins axes to more than height times width");
      product = *next;
    }
    shape.push_back(product);
  }
  const Value& value = op.graph().value(x);
  if (!value.constant) return op.Add(Reshape{std::move(shape)}, {x});
  Shape whole;
  for (const Extent& extent : shape) whole.push_back(extent.Whole().value_or(1));
  return op.AddConstant(std::move(whole), value.constant->floats);
}

}  // namespace

Status ImportEinsum(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const Equation equation, ReadEquation(op));
  TESSERA_ASSIGN_OR_RETURN(const Roles roles, RolesOf(op, equation));
  TESSERA_ASSIGN_OR_RETURN(const ValueId a,
                           AsMatrices(op, 0, equation.a, roles.batch, roles.free_a, roles.summed));
  TESSERA_ASSIGN_OR_RETURN(const ValueId b,
                           AsMatrices(op, 1, equation.b, roles.batch, roles.summed, roles.free_b));
  TESSERA_ASSIGN_OR_RETURN(ValueId y, op.Add(MatMul{}, {a, b}));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> of_a, op.ExtentsOf(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> of_b, op.ExtentsOf(1));
  std::vector<Extent> apart;
  const std::string labels = roles.batch + roles.free_a + roles.free_b;
  for (const char label : labels) {
    apart.push_back(Has(equation.a, label) ? of_a[equation.a.find(label)]
                                           : of_b[equation.b.find(label)]);
  }
  TESSERA_ASSIGN_OR_RETURN(y, op.Add(Reshape{std::move(apart)}, {y}));
  return op.Emit(Transpose{Order(labels, equation.y)}, {y});
}

}  // namespace tessera
