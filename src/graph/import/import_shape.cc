#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "graph/import/importers.h"
#include "graph/import/read_axes.h"

// Operators that change the shape or the order of a tensor's elements.
namespace tessera {
namespace {

// The elements of `range` of `x`, as a node for the output.
Status EmitSlice(OpContext& op, const AxisRange& range, ValueId x) {
  return op.Emit(Slice{range.axis, range.start, range.end, range.step}, {x});
}

Status EmitReshape(OpContext& op, std::vector<Extent> shape, ValueId x) {
  for (const Extent& extent : shape) op.RequireMultiple(extent);
  return op.Emit(Reshape{std::move(shape)}, {x});
}

}  // namespace

Status ImportReshape(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(std::vector<Extent> shape, ReadReshapeTarget(op));
  return EmitReshape(op, std::move(shape), x);
}

Status ImportTranspose(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(std::vector<int64_t> permutation,
                           ReadPermutation(op, op.graph().value(x).shape.size()));
  return op.Emit(Transpose{std::move(permutation)}, {x});
}

Status ImportSlice(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<AxisRange> ranges,
                           ReadSlice(op, extents, op.DeclaredShape(0).value_or(Shape{})));
  if (ranges.empty()) return op.Alias(x);
  for (size_t i = 0; i < ranges.size(); ++i) {
    const AxisRange& range = ranges[i];
    op.RequireMultiple(range.start);
    op.RequireMultiple(range.end);
    const bool last = i + 1 == ranges.size();
    if (range.step < 0) {
      const auto start = range.start.Whole();
      const auto end = range.end.Whole();
      if (!start || !end) {
        return op.Unsupported("a negative step along an axis that depends on the image's size");
      }
      Gather gather{range.axis, {}};
      for (int64_t j = *start; j > *end; j += range.step) gather.indices.push_back(j);
      if (last) return op.Emit(std::move(gather), {x});
      TESSERA_ASSIGN_OR_RETURN(x, op.Add(std::move(gather), {x}));
      continue;
    }
    if (last) return EmitSlice(op, range, x);
    TESSERA_ASSIGN_OR_RETURN(x, op.Add(Slice{range.axis, range.start, range.end, range.step}, {x}));
  }
  return Status::Ok();
}

Status ImportSplit(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t axis, ReadAxis(op, "axis", 0, extents.size()));
  const Extent& extent = extents[static_cast<size_t>(axis)];
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> lengths, ReadSplit(op, extent));
  for (const Extent& length : lengths) op.RequireMultiple(length);
  Extent start = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const Extent end = start + lengths[i];
    op.SelectOutput(i);
    TESSERA_RETURN_IF_ERROR(EmitSlice(op, {axis, start, end, 1}, x));
    start = end;
  }
  if (start == extent) return Status::Ok();
  return op.Malformed("its lengths add up to " + start.ToString() + " but the axis has " +
                      extent.ToString() + " elements");
}

Status ImportGather(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(std::vector<Extent> extents, op.ExtentsOf(0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t axis, ReadAxis(op, "axis", 0, extents.size()));
  TESSERA_ASSIGN_OR_RETURN(std::vector<int64_t> indices, op.IntsInput(1));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> index_shape, op.ExtentsOf(1));
  const auto whole = extents[static_cast<size_t>(axis)].Whole();
  for (int64_t& index : indices) {
    if (index >= 0) continue;
    if (!whole) return op.Unsupported("a negative index on an axis that depends on the image");
    index += *whole;
  }
  if (index_shape.size() == 1) return op.Emit(Gather{axis, std::move(indices)}, {x});
  TESSERA_ASSIGN_OR_RETURN(const ValueId taken, op.Add(Gather{axis, std::move(indices)}, {x}));
  const auto at = extents.begin() + axis;
  std::vector<Extent> shape(extents.begin(), at);
  shape.insert(shape.end(), index_shape.begin(), index_shape.end());
  shape.insert(shape.end(), at + 1, extents.end());
  return EmitReshape(op, std::move(shape), taken);
}

Status ImportExpand(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  TESSERA_ASSIGN_OR_RETURN(std::vector<Extent> shape, op.ExtentsInput(1));
  // An extent of 1 keeps the input's, so that nothing may change at all.
  std::vector<Extent> result = shape;
  if (result.size() < extents.size())
    result.insert(result.begin(), extents.size() - result.size(), 1);
  for (size_t i = 0; i < extents.size(); ++i) {
    Extent& own = result[result.size() - extents.size() + i];
    if (own == Extent(1) || own == Extent(-1)) own = extents[i];
  }
  if (result == extents) return op.Alias(x);
  for (const Extent& extent : result) op.RequireMultiple(extent);
  return op.Emit(Expand{std::move(result)}, {x});
}

Status ImportTile(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> repeats, op.IntsInput(1));
  if (repeats.size() != extents.size()) return op.Malformed("needs one number for each axis");
  // Each repeated axis gets one in front of it, which is spread.
  std::vector<Extent> apart;
  std::vector<Extent> spread;
  std::vector<Extent> together;
  bool changes = false;
  for (size_t i = 0; i < extents.size(); ++i) {
    if (repeats[i] < 1) return op.Malformed("a number of repetitions is less than one");
    const auto product = Extent::Product(extents[i], Extent(repeats[i]));
    if (!product) return op.Unsupported("makes a tensor that is too large");
    together.push_back(*product);
    if (repeats[i] != 1) {
      apart.emplace_back(1);
      spread.emplace_back(repeats[i]);
      changes = true;
    }
    apart.push_back(extents[i]);
    spread.push_back(extents[i]);
  }
  if (!changes) return op.Alias(x);
  TESSERA_ASSIGN_OR_RETURN(x, op.Add(Reshape{std::move(apart)}, {x}));
  TESSERA_ASSIGN_OR_RETURN(x, op.Add(Expand{std::move(spread)}, {x}));
  return EmitReshape(op, std::move(together), x);
}

}  // namespace tessera
