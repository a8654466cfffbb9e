#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/import/importers.h"
#include "graph/infer_node.h"

// ScatterND as exporters write x[:, :n] = y and x[:, :, ::2] = y: the rest of x around y, or
// between its lines.
namespace tessera {
namespace {

// The positions that are replaced along one of the first axes, in ascending order.
using Positions = std::vector<int64_t>;

bool IsSpan(const Positions& positions) {
  return positions.back() - positions.front() + 1 == static_cast<int64_t>(positions.size());
}

// What the indices name: along each axis some positions, each with all of the other axes'. Nothing
// when they name something else.
std::optional<std::vector<Positions>> BoxOf(const Shape& shape,
                                            const std::vector<int64_t>& indices) {
  if (shape.size() < 2) return std::nullopt;
  const auto axes = static_cast<size_t>(shape.back());
  if (axes != shape.size() - 1 || axes == 0 || indices.size() < axes) return std::nullopt;
  std::vector<Positions> box(axes);
  size_t step = axes;
  for (size_t axis = axes; axis-- > 0;) {
    for (int64_t i = 0; i < shape[axis]; ++i) {
      box[axis].push_back(indices[static_cast<size_t>(i) * step + axis]);
    }
    step *= static_cast<size_t>(shape[axis]);
    const auto stays = std::adjacent_find(box[axis].begin(), box[axis].end(),
                                          [](int64_t a, int64_t b) { return a >= b; });
    if (box[axis].empty() || stays != box[axis].end() || box[axis][0] < 0) return std::nullopt;
  }
  std::vector<size_t> position(axes, 0);
  for (size_t i = 0; i + axes <= indices.size(); i += axes) {
    for (size_t axis = 0; axis < axes; ++axis) {
      if (indices[i + axis] != box[axis][position[axis]]) return std::nullopt;
    }
    for (size_t axis = axes; axis-- > 0;) {
      if (++position[axis] < box[axis].size()) break;
      position[axis] = 0;
    }
  }
  return box;
}

Result<ValueId> Replaced(OpContext& op, ValueId x, ValueId y, const std::vector<Extent>& extents,
                         const std::vector<Positions>& box, size_t axis);

// x with a part that lies side by side along `axis` replaced.
Result<ValueId> SpanReplaced(OpContext& op, ValueId x, ValueId y,
                             const std::vector<Extent>& extents, const std::vector<Positions>& box,
                             size_t axis) {
  const Extent start = box[axis].front();
  const Extent end = box[axis].back() + 1;
  const auto along = static_cast<int64_t>(axis);
  TESSERA_ASSIGN_OR_RETURN(const ValueId middle, op.Add(Slice{along, start, end, 1}, {x}));
  TESSERA_ASSIGN_OR_RETURN(const ValueId replaced, Replaced(op, middle, y, extents, box, axis + 1));
  std::vector<ValueId> parts;
  if (!(start == Extent(0))) {
    TESSERA_ASSIGN_OR_RETURN(const ValueId before, op.Add(Slice{along, 0, start, 1}, {x}));
    parts.push_back(before);
  }
  parts.push_back(replaced);
  if (!(end == extents[axis])) {
    TESSERA_ASSIGN_OR_RETURN(const ValueId after, op.Add(Slice{along, end, extents[axis], 1}, {x}));
    parts.push_back(after);
  }
  return op.Add(Concat{along}, std::move(parts));
}

// x with some lines across `axis` replaced: all of x and the new lines, each taken where it
// belongs.
Result<ValueId> LinesReplaced(OpContext& op, ValueId x, ValueId y,
                              const std::vector<Extent>& extents, const std::vector<Positions>& box,
                              size_t axis) {
  const auto along = static_cast<int64_t>(axis);
  const auto extent = extents[axis].Whole();
  if (!extent || box[axis].back() >= *extent) {
    return op.Unsupported("replaces lines of an axis of " + extents[axis].ToString() +
                          " elements; the number must be known");
  }
  TESSERA_ASSIGN_OR_RETURN(const ValueId lines, op.Add(Gather{along, box[axis]}, {x}));
  TESSERA_ASSIGN_OR_RETURN(const ValueId replaced, Replaced(op, lines, y, extents, box, axis + 1));
  TESSERA_ASSIGN_OR_RETURN(const ValueId both, op.Add(Concat{along}, {x, replaced}));
  std::vector<int64_t> sources(static_cast<size_t>(*extent));
  std::iota(sources.begin(), sources.end(), 0);
  for (size_t i = 0; i < box[axis].size(); ++i) {
    sources[static_cast<size_t>(box[axis][i])] = *extent + static_cast<int64_t>(i);
  }
  return op.Add(Gather{along, std::move(sources)}, {both});
}

// x with the box replaced by y; all axes before `axis` are whole.
Result<ValueId> Replaced(OpContext& op, ValueId x, ValueId y, const std::vector<Extent>& extents,
                         const std::vector<Positions>& box, size_t axis) {
  if (axis == box.size()) return y;
  const auto count = static_cast<int64_t>(box[axis].size());
  const bool is_whole = box[axis].front() == 0 && Extent(count) == extents[axis];
  if (is_whole) return Replaced(op, x, y, extents, box, axis + 1);
  return IsSpan(box[axis]) ? SpanReplaced(op, x, y, extents, box, axis)
                           : LinesReplaced(op, x, y, extents, box, axis);
}

}  // namespace

Status ImportScatterND(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.TensorInput(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> indices, op.IntsInput(1));
  TESSERA_ASSIGN_OR_RETURN(const ValueId y, op.TensorInput(2));
  TESSERA_ASSIGN_OR_RETURN(const std::string reduction, op.String("reduction", "none"));
  if (reduction != "none") return op.Unsupported("reduction '" + reduction + "' is not supported");
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> index_extents, op.ExtentsOf(1));
  Shape shape;
  for (const Extent& extent : index_extents) shape.push_back(extent.Whole().value_or(0));
  const auto box = BoxOf(shape, indices);
  if (!box || box->size() > extents.size()) {
    return op.Unsupported(
        "replaces elements that lie neither side by side nor in lines; a part that is assigned, as "
        "in "
        "x[:, :n] = y or x[:, :, ::2] = y, is supported: write it with torch.cat");
  }
  TESSERA_ASSIGN_OR_RETURN(const ValueId replaced, Replaced(op, x, y, extents, *box, 0));
  return op.Alias(replaced);
}

}  // namespace tessera
