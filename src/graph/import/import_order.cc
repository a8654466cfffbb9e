#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "graph/import/importers.h"
#include "graph/import/read_axes.h"

// The largest elements of an axis, and sums up to each element.
namespace tessera {
namespace {

// More than experts of a mixture, and few enough to compare each with each.
constexpr int64_t kMostSorted = 32;

Result<int64_t> ReadCount(OpContext& op) {
  if (op.opset() < 10) return op.Int("k", 0);
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> count, op.IntsInput(1));
  if (count.size() != 1) return op.Malformed("k must be one number");
  return count[0];
}

// The first `count` of `elements`, the best ones in order: each pass brings one to the front.
Status SortFirst(OpContext& op, std::vector<ValueId>& elements, int64_t count, bool largest) {
  const Binary better{largest ? Binary::Kind::kMax : Binary::Kind::kMin};
  const Binary worse{largest ? Binary::Kind::kMin : Binary::Kind::kMax};
  for (size_t pass = 0; pass < static_cast<size_t>(count); ++pass) {
    for (size_t i = elements.size() - 1; i > pass; --i) {
      const ValueId a = elements[i - 1];
      const ValueId b = elements[i];
      TESSERA_ASSIGN_OR_RETURN(elements[i - 1], op.Add(better, {a, b}));
      TESSERA_ASSIGN_OR_RETURN(elements[i], op.Add(worse, {a, b}));
    }
  }
  elements.resize(static_cast<size_t>(count));
  return Status::Ok();
}

}  // namespace

Status ImportTopK(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t axis, ReadAxis(op, "axis", -1, extents.size()));
  TESSERA_ASSIGN_OR_RETURN(const int64_t largest, op.Int("largest", 1));
  op.Ignore("sorted");
  TESSERA_ASSIGN_OR_RETURN(const int64_t count, ReadCount(op));
  if (op.IsWanted(1)) {
    return op.Unsupported(
        "where the largest elements lie is used, to choose by what the picture shows; only the "
        "elements themselves are supported: export the network with all that it chooses from "
        "computed and masked");
  }
  const auto length = extents[static_cast<size_t>(axis)].Whole();
  if (count < 1 || (length && count > *length)) return op.Malformed("k is out of range");
  if (count == 1) {
    return op.Emit(Reduce{largest != 0 ? Reduce::Kind::kMax : Reduce::Kind::kMin, {axis}}, {x});
  }
  if (!length || *length > kMostSorted) {
    return op.Unsupported("sorts an axis of " + extents[static_cast<size_t>(axis)].ToString() +
                          " elements; up to " + std::to_string(kMostSorted) +
                          " are supported, or k = 1");
  }
  std::vector<ValueId> elements;
  for (int64_t i = 0; i < *length; ++i) {
    TESSERA_ASSIGN_OR_RETURN(const ValueId element, op.Add(Slice{axis, i, i + 1, 1}, {x}));
    elements.push_back(element);
  }
  TESSERA_RETURN_IF_ERROR(SortFirst(op, elements, count, largest != 0));
  return op.Emit(Concat{axis}, std::move(elements));
}

// By doubling: each step adds what lies twice as far ahead.
Status ImportCumSum(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> given, op.IntsInput(1));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t exclusive, op.Int("exclusive", 0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t reverse, op.Int("reverse", 0));
  if (exclusive != 0 || reverse != 0) {
    return op.Unsupported("exclusive and reverse sums are not supported; plain ones are");
  }
  const auto rank = static_cast<int64_t>(extents.size());
  if (given.size() != 1 || given[0] < -rank || given[0] >= rank) {
    return op.Malformed("there is no such axis");
  }
  const int64_t axis = given[0] < 0 ? given[0] + rank : given[0];
  const auto length = extents[static_cast<size_t>(axis)].Whole();
  if (!length) return op.Unsupported("adds up an axis that depends on the image's size");
  const ValueId zero = op.AddConstant({}, {0.0f});
  for (int64_t step = 1; step < *length; step *= 2) {
    TESSERA_ASSIGN_OR_RETURN(const ValueId first, op.Add(Slice{axis, 0, step, 1}, {x}));
    TESSERA_ASSIGN_OR_RETURN(const ValueId none, op.Add(Binary{Binary::Kind::kMul}, {first, zero}));
    TESSERA_ASSIGN_OR_RETURN(const ValueId rest, op.Add(Slice{axis, 0, *length - step, 1}, {x}));
    TESSERA_ASSIGN_OR_RETURN(const ValueId moved, op.Add(Concat{axis}, {none, rest}));
    TESSERA_ASSIGN_OR_RETURN(x, op.Add(Binary{Binary::Kind::kAdd}, {x, moved}));
  }
  return op.Alias(x);
}

}  // namespace tessera
