#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/import/importers.h"
#include "graph/infer_node.h"

// ScatterND as exporters write x[:, :n] = y: the rest of x around y.
namespace tessera {
namespace {

// The elements that are replaced: `length` from `start` on, along the first axes.
struct Span {
  int64_t start = 0;
  int64_t length = 1;
};

// The box that the indices name one after the other; nothing when they name something else.
std::optional<std::vector<Span>> BoxOf(const Shape& shape, const std::vector<int64_t>& indices) {
  if (shape.size() < 2) return std::nullopt;
  const auto axes = static_cast<size_t>(shape.back());
  if (axes != shape.size() - 1 || axes == 0 || indices.size() < axes) return std::nullopt;
  std::vector<Span> box;
  for (size_t axis = 0; axis < axes; ++axis) box.push_back({indices[axis], shape[axis]});
  std::vector<int64_t> position(axes, 0);
  for (size_t i = 0; i + axes <= indices.size(); i += axes) {
    for (size_t axis = 0; axis < axes; ++axis) {
      if (indices[i + axis] != box[axis].start + position[axis]) return std::nullopt;
    }
    for (size_t axis = axes; axis-- > 0;) {
      if (++position[axis] < shape[axis]) break;
      position[axis] = 0;
    }
  }
  return box;
}

// x with the box replaced by y; all axes before `axis` are whole.
Result<ValueId> Replaced(OpContext& op, ValueId x, ValueId y, const std::vector<Extent>& extents,
                         const std::vector<Span>& box, size_t axis) {
  if (axis == box.size()) return y;
  const Extent start = box[axis].start;
  const Extent end = box[axis].start + box[axis].length;
  const auto along = static_cast<int64_t>(axis);
  const bool is_whole = start == Extent(0) && end == extents[axis];
  if (is_whole) return Replaced(op, x, y, extents, box, axis + 1);
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
        "replaces elements that do not lie side by side; a part of x that is "
        "assigned, as in x[:, :n] = y, is supported: write it with torch.cat");
  }
  TESSERA_ASSIGN_OR_RETURN(const ValueId replaced, Replaced(op, x, y, extents, *box, 0));
  return op.Alias(replaced);
}

}  // namespace tessera
