#include "graph/import/fold_known.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/arithmetic.h"
#include "graph/import/known_tensor.h"
#include "graph/import/read_axes.h"
#include "graph/infer_node.h"

namespace tessera {
namespace {

using Known = KnownTensor;

KnownTensor OfExtents(Shape shape, std::vector<Extent> extents) {
  return {std::move(shape), false, {}, std::move(extents)};
}

// Whether `rounded` stands for its value rounded down, whatever the image: a share of one side.
bool IsShare(const Extent& rounded) {
  return rounded.MultipleOf(0).has_value() || rounded.MultipleOf(1).has_value();
}

Result<Known> Input(OpContext& op, size_t index) {
  std::optional<Known> known = op.KnownInput(index);
  if (known) return std::move(*known);
  return op.Malformed("input " + std::to_string(index) + " is missing");
}

// --- producers ---

Status FoldShape(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  const auto rank = static_cast<int64_t>(extents.size());
  TESSERA_ASSIGN_OR_RETURN(int64_t start, op.Int("start", 0));
  TESSERA_ASSIGN_OR_RETURN(int64_t end, op.Int("end", rank));
  start = std::clamp<int64_t>(start < 0 ? start + rank : start, 0, rank);
  end = std::clamp<int64_t>(end < 0 ? end + rank : end, start, rank);
  return op.EmitKnown(OfExtents({end - start}, {extents.begin() + start, extents.begin() + end}));
}

Status FoldSize(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, op.ExtentsOf(0));
  Extent size = 1;
  for (const Extent& extent : extents) {
    const auto product = Extent::Product(size, extent);
    if (!product) return op.Unsupported("the number of elements is no product of H and W");
    size = *product;
  }
  return op.EmitKnown(OfExtents({}, {size}));
}

// The whole constants of an input.
Result<std::vector<int64_t>> Integers(OpContext& op, size_t index) {
  TESSERA_ASSIGN_OR_RETURN(const Known known, Input(op, index));
  if (auto integers = known.Integers()) return std::move(*integers);
  return op.Unsupported("input " + std::to_string(index) +
                        " depends on the image's size; it must be a constant");
}

Status FoldConstantOfShape(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(Shape shape, Integers(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const onnx::Tensor* value, op.Tensor("value"));
  const bool of_integers = value && !value->ints.empty();
  TESSERA_ASSIGN_OR_RETURN(const size_t count, op.FoldedSize(shape, of_integers));
  Known known{std::move(shape), !of_integers, {}, {}};
  if (of_integers) {
    known.extents.assign(count, Extent(value->ints[0]));
  } else {
    known.floats.assign(count, value && !value->floats.empty() ? value->floats[0] : 0.0f);
  }
  return op.EmitKnown(std::move(known));
}

// Range of numbers that are no whole ones.
Status FoldRangeOfFloats(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const float start, op.ScalarInput(0, 0.0f));
  TESSERA_ASSIGN_OR_RETURN(const float limit, op.ScalarInput(1, 0.0f));
  TESSERA_ASSIGN_OR_RETURN(const float delta, op.ScalarInput(2, 1.0f));
  if (delta == 0.0f) return op.Malformed("delta is zero");
  const double steps = (static_cast<double>(limit) - start) / delta;
  if (!std::isfinite(steps)) return op.Malformed("its limits must be finite numbers");
  const auto count = static_cast<int64_t>(std::clamp(std::ceil(steps), 0.0, 1e15));
  TESSERA_RETURN_IF_ERROR(op.FoldedSize({count}, false).status());
  Known known{{count}, true, {}, {}};
  for (int64_t i = 0; i < count; ++i) known.floats.push_back(start + static_cast<float>(i) * delta);
  return op.EmitKnown(std::move(known));
}

Status FoldRange(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const Known first, Input(op, 0));
  if (!first.floats.empty()) return FoldRangeOfFloats(op);
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> start, Integers(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> limit, Integers(op, 1));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> delta, Integers(op, 2));
  if (start.size() != 1 || limit.size() != 1 || delta.size() != 1 || delta[0] == 0) {
    return op.Malformed("start, limit and delta must be numbers, and delta not zero");
  }
  const double steps = (static_cast<double>(limit[0]) - static_cast<double>(start[0])) /
                       static_cast<double>(delta[0]);
  const auto count = static_cast<int64_t>(std::clamp(std::ceil(steps), 0.0, 1e15));
  TESSERA_RETURN_IF_ERROR(op.FoldedSize({count}, true).status());
  std::vector<Extent> elements;
  for (int64_t i = 0; i < count; ++i) elements.emplace_back(start[0] + i * delta[0]);
  return op.EmitKnown(OfExtents({count}, std::move(elements)));
}

// --- the same elements in another place ---

Status FoldIdentity(OpContext& op) {
  // Weights keep their 8-bit codes.
  if (op.IsConstantInput(0)) {
    TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.Input(0));
    return op.Alias(x);
  }
  TESSERA_ASSIGN_OR_RETURN(Known x, Input(op, 0));
  return op.EmitKnown(std::move(x));
}

Status FoldCast(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(Known x, Input(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t to, op.Int("to", 0));
  op.Ignore("saturate");  // concerns 8-bit floats only
  constexpr int64_t kBool = 9;
  if (to == kBool && !x.floats.empty()) {
    for (float& number : x.floats) number = number != 0.0f ? 1.0f : 0.0f;
    return op.EmitKnown(std::move(x));
  }
  const bool to_floating = onnx::IsFloating(static_cast<onnx::DataType>(to));
  if (to_floating == x.is_floating) return FoldIdentity(op);
  x.is_floating = to_floating;
  if (to_floating) {
    const auto integers = x.Integers();
    if (!integers) return op.EmitKnown(std::move(x));
    x.floats.assign(integers->begin(), integers->end());
    x.extents.clear();
    return op.EmitKnown(std::move(x));
  }
  // To integers: towards zero.
  if (x.floats.empty()) {
    for (Extent& extent : x.extents) {
      if (!IsShare(extent)) op.HoldsFor(extent);
      const auto whole = Extent::Floor(extent);
      if (!whole) return op.Unsupported("rounds a number that depends on the image's size");
      extent = *whole;
    }
    return op.EmitKnown(std::move(x));
  }
  for (const float number : x.floats) {
    if (!(std::abs(number) < 1e15f)) return op.Unsupported("casts a number that is too large");
    x.extents.emplace_back(static_cast<int64_t>(number));
  }
  x.floats.clear();
  return op.EmitKnown(std::move(x));
}

Status FoldReshape(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(Known x, Input(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> target, ReadReshapeTarget(op));
  Shape shape;
  for (const Extent& extent : target) {
    const auto whole = extent.Whole();
    if (!whole || *whole < 0) return op.Unsupported("its shape depends on the image's size");
    shape.push_back(*whole);
  }
  TESSERA_ASSIGN_OR_RETURN(const size_t count, op.FoldedSize(shape, x.floats.empty()));
  if (count != x.size()) return op.Malformed("the shape has another number of elements");
  x.shape = std::move(shape);
  return op.EmitKnown(std::move(x));
}

Status FoldTranspose(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const Known x, Input(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> permutation,
                           ReadPermutation(op, x.shape.size()));
  Shape shape;
  for (const int64_t axis : permutation) shape.push_back(x.shape[static_cast<size_t>(axis)]);
  return op.EmitKnown(Rearranged(x, std::move(shape), TransposeSource(x.shape, permutation)));
}

Status FoldGather(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const Known x, Input(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const Known which, Input(op, 1));
  TESSERA_ASSIGN_OR_RETURN(const int64_t axis, ReadAxis(op, "axis", 0, x.shape.size()));
  auto indices = which.Integers();
  if (!indices) return op.Unsupported("its indices depend on the image's size");
  const int64_t extent = x.shape[static_cast<size_t>(axis)];
  for (int64_t& index : *indices) {
    if (index < 0) index += extent;
    if (index < 0 || index >= extent) return op.Malformed("an index is out of range");
  }
  Shape shape(x.shape.begin(), x.shape.begin() + axis);
  shape.insert(shape.end(), which.shape.begin(), which.shape.end());
  shape.insert(shape.end(), x.shape.begin() + axis + 1, x.shape.end());
  TESSERA_RETURN_IF_ERROR(op.FoldedSize(shape, x.floats.empty()).status());
  return op.EmitKnown(
      Rearranged(x, std::move(shape), TakeSource(x.shape, static_cast<size_t>(axis), *indices)));
}

Status FoldSlice(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(Known x, Input(op, 0));
  std::vector<Extent> extents(x.shape.begin(), x.shape.end());
  TESSERA_ASSIGN_OR_RETURN(const std::vector<AxisRange> ranges, ReadSlice(op, extents));
  for (const AxisRange& range : ranges) {
    const auto start = range.start.Whole();
    const auto end = range.end.Whole();
    if (!start || !end) return op.Unsupported("its range depends on the image's size");
    std::vector<int64_t> indices;
    for (int64_t i = *start; range.step > 0 ? i < *end : i > *end; i += range.step) {
      indices.push_back(i);
    }
    const auto axis = static_cast<size_t>(range.axis);
    Shape shape = x.shape;
    shape[axis] = static_cast<int64_t>(indices.size());
    x = Rearranged(x, std::move(shape), TakeSource(x.shape, axis, indices));
  }
  return op.EmitKnown(std::move(x));
}

Status FoldSplit(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const Known x, Input(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t axis, ReadAxis(op, "axis", 0, x.shape.size()));
  std::vector<Extent> extents(x.shape.begin(), x.shape.end());
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> lengths,
                           ReadSplit(op, extents[static_cast<size_t>(axis)]));
  int64_t first = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const auto length = lengths[i].Whole();
    if (!length) return op.Unsupported("its lengths depend on the image's size");
    std::vector<int64_t> indices;
    for (int64_t j = 0; j < *length; ++j) indices.push_back(first + j);
    first += *length;
    if (first > x.shape[static_cast<size_t>(axis)]) return op.Malformed("splits beyond the end");
    Shape shape = x.shape;
    shape[static_cast<size_t>(axis)] = *length;
    op.SelectOutput(i);
    TESSERA_RETURN_IF_ERROR(op.EmitKnown(
        Rearranged(x, std::move(shape), TakeSource(x.shape, static_cast<size_t>(axis), indices))));
  }
  return Status::Ok();
}

// Constants as extents, so that they can stand beside extents.
Status ToExtents(OpContext& op, Known& known) {
  auto extents = known.Extents();
  if (!extents) return op.Unsupported("mixes weights with numbers that depend on the image's size");
  known.extents = std::move(*extents);
  known.floats.clear();
  return Status::Ok();
}

Status FoldConcat(OpContext& op) {
  std::vector<Known> parts;
  bool all_floats = true;
  for (size_t i = 0; i < op.input_count(); ++i) {
    TESSERA_ASSIGN_OR_RETURN(Known part, Input(op, i));
    if (part.size() == 0) continue;
    all_floats = all_floats && part.extents.empty();
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return op.Malformed("has no inputs");
  const Shape& first = parts[0].shape;
  TESSERA_ASSIGN_OR_RETURN(const int64_t axis, ReadAxis(op, "axis", 1, first.size()));
  const auto joined = static_cast<size_t>(axis);
  Known y{first, parts[0].is_floating, {}, {}};
  y.shape[joined] = 0;
  size_t outer = 1;
  for (size_t i = 0; i < joined; ++i) outer *= static_cast<size_t>(first[i]);
  for (Known& part : parts) {
    if (!all_floats) TESSERA_RETURN_IF_ERROR(ToExtents(op, part));
    Shape shape = part.shape;
    if (shape.size() != first.size()) return op.Malformed("joins tensors of different ranks");
    y.shape[joined] += shape[joined];
    shape[joined] = first[joined];
    if (shape != first) return op.Malformed("joins tensors of different shapes");
  }
  TESSERA_RETURN_IF_ERROR(op.FoldedSize(y.shape, !all_floats).status());
  for (size_t block = 0; block < outer; ++block) {
    for (const Known& part : parts) {
      const auto length = static_cast<ptrdiff_t>(part.size() / outer);
      const auto begin = static_cast<ptrdiff_t>(block) * length;
      if (all_floats) {
        y.floats.insert(y.floats.end(), part.floats.begin() + begin,
                        part.floats.begin() + begin + length);
      } else {
        y.extents.insert(y.extents.end(), part.extents.begin() + begin,
                         part.extents.begin() + begin + length);
      }
    }
  }
  return op.EmitKnown(std::move(y));
}

Status EmitBroadcast(OpContext& op, const Known& x, Shape target) {
  TESSERA_RETURN_IF_ERROR(op.FoldedSize(target, x.floats.empty()).status());
  std::vector<size_t> source = BroadcastSource(x.shape, target);
  return op.EmitKnown(Rearranged(x, std::move(target), source));
}

Status FoldExpand(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const Known x, Input(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const Shape wanted, Integers(op, 1));
  TESSERA_ASSIGN_OR_RETURN(Shape target, Broadcast(x.shape, wanted));
  return EmitBroadcast(op, x, std::move(target));
}

Status FoldTile(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(Known x, Input(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> repeats, Integers(op, 1));
  if (repeats.size() != x.shape.size()) return op.Malformed("needs one number for each axis");
  for (size_t axis = 0; axis < repeats.size(); ++axis) {
    const int64_t extent = x.shape[axis];
    Shape shape = x.shape;
    shape.push_back(repeats[axis]);  // as many elements as the result has
    TESSERA_RETURN_IF_ERROR(op.FoldedSize(shape, x.floats.empty()).status());
    shape.pop_back();
    shape[axis] = extent * repeats[axis];
    std::vector<int64_t> indices;
    for (int64_t i = 0; i < shape[axis]; ++i) indices.push_back(i % extent);
    const std::vector<size_t> source = TakeSource(x.shape, axis, indices);
    x = Rearranged(x, std::move(shape), source);
  }
  return op.EmitKnown(std::move(x));
}

// x with the slices that the indices name replaced, as of the regions of a mask.
Status FoldScatterND(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(Known x, Input(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const Known where, Input(op, 1));
  TESSERA_ASSIGN_OR_RETURN(Known y, Input(op, 2));
  TESSERA_ASSIGN_OR_RETURN(const std::string reduction, op.String("reduction", "none"));
  if (reduction != "none") return op.Unsupported("reduction '" + reduction + "' is not supported");
  const auto positions = where.Integers();
  if (!positions) return op.Unsupported("its indices depend on the image's size");
  const auto depth = static_cast<size_t>(where.shape.empty() ? 0 : where.shape.back());
  if (depth < 1 || depth > x.shape.size()) return op.Malformed("the indices fit no axes");
  if (x.floats.empty() != y.floats.empty()) {
    TESSERA_RETURN_IF_ERROR(ToExtents(op, x));
    TESSERA_RETURN_IF_ERROR(ToExtents(op, y));
  }
  size_t length = 1;
  for (size_t axis = depth; axis < x.shape.size(); ++axis) {
    length *= static_cast<size_t>(x.shape[axis]);
  }
  const size_t slices = positions->size() / depth;
  if (y.size() != slices * length) return op.Malformed("the updates do not fit the indices");
  for (size_t slice = 0; slice < slices; ++slice) {
    size_t at = 0;
    for (size_t axis = 0; axis < depth; ++axis) {
      const int64_t given = (*positions)[slice * depth + axis];
      const int64_t position = given < 0 ? given + x.shape[axis] : given;
      if (position < 0 || position >= x.shape[axis])
        return op.Malformed("an index is out of range");
      at = at * static_cast<size_t>(x.shape[axis]) + static_cast<size_t>(position);
    }
    for (size_t i = 0; i < length; ++i) {
      if (x.floats.empty()) {
        x.extents[at * length + i] = y.extents[slice * length + i];
      } else {
        x.floats[at * length + i] = y.floats[slice * length + i];
      }
    }
  }
  return op.EmitKnown(std::move(x));
}

// --- arithmetic ---

std::optional<Extent> Compute(std::string_view op_type, const Extent& a, const Extent& b,
                              bool is_floating) {
  if (a.over() || b.over()) return std::nullopt;
  if (op_type == "Add") return a + b;
  if (op_type == "Sub") return a - b;
  if (op_type == "Mul" || op_type == "And") return Extent::Product(a, b);
  if (op_type == "Div" && is_floating) {
    if (b == Extent(0)) return std::nullopt;
    const std::optional<Extent> exact = Extent::Quotient(a, b);
    return exact ? *exact : Extent::Ratio(a, b);
  }
  if (op_type == "Div") return Extent::FloorQuotient(a, b);
  if (op_type == "Mod") return Extent::Remainder(a, b);
  if (op_type == "Pow") return b == Extent(2) ? Extent::Product(a, a) : std::optional<Extent>();
  const std::optional<int> sign = (a - b).Sign();
  if (!sign) return std::nullopt;
  const auto truth = [](bool is_true) { return Extent(is_true ? 1 : 0); };
  if (op_type == "Min") return *sign < 0 ? a : b;
  if (op_type == "Max") return *sign > 0 ? a : b;
  if (op_type == "Equal") return truth(*sign == 0);
  if (op_type == "Less") return truth(*sign < 0);
  if (op_type == "LessOrEqual") return truth(*sign <= 0);
  if (op_type == "Greater") return truth(*sign > 0);
  if (op_type == "GreaterOrEqual") return truth(*sign >= 0);
  const bool a_is_true = !(a == Extent(0));
  const bool b_is_true = !(b == Extent(0));
  if (op_type == "Or") return truth(a_is_true || b_is_true);
  if (op_type == "Xor") return truth(a_is_true != b_is_true);
  return std::nullopt;
}

std::optional<Binary::Kind> FloatKind(std::string_view op_type) {
  constexpr std::array<std::pair<std::string_view, Binary::Kind>, 8> kKinds = {
      {{"Add", Binary::Kind::kAdd},
       {"Sub", Binary::Kind::kSub},
       {"Mul", Binary::Kind::kMul},
       {"Div", Binary::Kind::kDiv},
       {"Min", Binary::Kind::kMin},
       {"Max", Binary::Kind::kMax},
       {"Pow", Binary::Kind::kPow},
       {"Mod", Binary::Kind::kMod}}};
  for (const auto& [name, kind] : kKinds) {
    if (name == op_type) return kind;
  }
  return std::nullopt;
}

// Comparisons of weights, and what is made of their results: truths are 0 and 1, in single
// precision as the numbers that they come from, since masks of attention are as large as many
// weights.
std::optional<bool> Compare(std::string_view op_type, float a, float b) {
  if (op_type == "Equal") return a == b;
  if (op_type == "Less") return a < b;
  if (op_type == "LessOrEqual") return a <= b;
  if (op_type == "Greater") return a > b;
  if (op_type == "GreaterOrEqual") return a >= b;
  if (op_type == "And") return a != 0.0f && b != 0.0f;
  if (op_type == "Or") return a != 0.0f || b != 0.0f;
  if (op_type == "Xor") return (a != 0.0f) != (b != 0.0f);
  return std::nullopt;
}

// What was rounded, or is rounded here, is exact for some images only.
void NoteRounding(OpContext& op, const Extent& a, const Extent& b, bool is_floating) {
  op.HoldsFor(a);
  op.HoldsFor(b);
  const bool divides = op.op_type() == "Div" || op.op_type() == "Mod";
  if (is_floating || !divides) return;
  const auto quotient = Extent::Quotient(a, b);
  if (quotient && (op.op_type() == "Mod" || !IsShare(*quotient))) op.HoldsFor(*quotient);
}

Result<Known> FoldPair(OpContext& op, const Known& first, const Known& second) {
  TESSERA_ASSIGN_OR_RETURN(Shape shape, Broadcast(first.shape, second.shape));
  const bool all_floats = !first.floats.empty() && !second.floats.empty();
  TESSERA_RETURN_IF_ERROR(op.FoldedSize(shape, !all_floats).status());
  Known a = Rearranged(first, shape, BroadcastSource(first.shape, shape));
  Known b = Rearranged(second, shape, BroadcastSource(second.shape, shape));
  const std::optional<Binary::Kind> kind = FloatKind(op.op_type());
  Known y{std::move(shape), a.is_floating, {}, {}};
  if (kind && all_floats) {
    for (size_t i = 0; i < a.floats.size(); ++i) {
      y.floats.push_back(Apply(*kind, a.floats[i], b.floats[i]));
      if (std::isfinite(y.floats.back())) continue;
      return op.Malformed("makes a constant that is not a finite number");
    }
    return y;
  }
  if (all_floats) {
    for (size_t i = 0; i < a.floats.size(); ++i) {
      const auto truth = Compare(op.op_type(), a.floats[i], b.floats[i]);
      if (!truth) return op.Unsupported("of weights");
      y.floats.push_back(*truth ? 1.0f : 0.0f);
    }
    return y;
  }
  TESSERA_RETURN_IF_ERROR(ToExtents(op, a));
  TESSERA_RETURN_IF_ERROR(ToExtents(op, b));
  for (size_t i = 0; i < a.extents.size(); ++i) {
    NoteRounding(op, a.extents[i], b.extents[i], a.is_floating);
    const auto element = Compute(op.op_type(), a.extents[i], b.extents[i], a.is_floating);
    if (!element) {
      return op.Unsupported("computes " + op.op_type() + " of " + a.extents[i].ToString() +
                            " and " + b.extents[i].ToString() +
                            " (H and W are the image's height and width), which has no constant "
                            "form; export the network for a fixed size or without this step");
    }
    y.extents.push_back(*element);
  }
  if (!kind) y.is_floating = false;
  return y;
}

Status FoldBinary(OpContext& op) {
  op.Ignore("fmod");
  TESSERA_ASSIGN_OR_RETURN(Known x, Input(op, 0));
  for (size_t i = 1; i < op.input_count(); ++i) {
    TESSERA_ASSIGN_OR_RETURN(const Known other, Input(op, i));
    TESSERA_ASSIGN_OR_RETURN(x, FoldPair(op, x, other));
  }
  return op.EmitKnown(std::move(x));
}

std::optional<Extent> Compute(std::string_view op_type, const Extent& x) {
  if (op_type == "Neg") return -x;
  if (op_type == "Floor") return Extent::Floor(x);
  if (op_type == "Ceil") {
    const auto negative = Extent::Floor(-x);
    return negative ? std::optional(-*negative) : std::nullopt;
  }
  if (op_type == "Round") return Extent::Floor(x + Extent(Rational(1, 2)));
  if (op_type == "Not") return Extent(x == Extent(0) ? 1 : 0);
  const auto sign = x.Sign();
  if (op_type == "Abs" && sign) return *sign < 0 ? -x : x;
  if (op_type == "Sign" && sign) return Extent(*sign);
  return std::nullopt;
}

// The functions that weights are made of.
std::optional<double> Compute(std::string_view op_type, double x) {
  constexpr std::array<std::pair<std::string_view, Unary::Kind>, 16> kKinds = {
      {{"Neg", Unary::Kind::kNeg},
       {"Floor", Unary::Kind::kFloor},
       {"Ceil", Unary::Kind::kCeil},
       {"Round", Unary::Kind::kRound},
       {"Abs", Unary::Kind::kAbs},
       {"Sign", Unary::Kind::kSign},
       {"Sqrt", Unary::Kind::kSqrt},
       {"Exp", Unary::Kind::kExp},
       {"Log", Unary::Kind::kLog},
       {"Reciprocal", Unary::Kind::kReciprocal},
       {"Sigmoid", Unary::Kind::kSigmoid},
       {"Tanh", Unary::Kind::kTanh},
       {"Softplus", Unary::Kind::kSoftplus},
       {"Erf", Unary::Kind::kErf},
       {"Sin", Unary::Kind::kSin},
       {"Cos", Unary::Kind::kCos}}};
  for (const auto& [name, kind] : kKinds) {
    if (name == op_type) return Apply(Unary{kind}, x);
  }
  if (op_type == "Relu") return std::max(x, 0.0);
  if (op_type == "Not") return x == 0.0 ? 1.0 : 0.0;
  return std::nullopt;
}

Status FoldUnary(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(Known x, Input(op, 0));
  for (Extent& extent : x.extents) {
    if (op.op_type() != "Floor" || !IsShare(extent)) op.HoldsFor(extent);
    const auto element = Compute(op.op_type(), extent);
    if (!element) return op.Unsupported("of a number that depends on the image's size");
    extent = *element;
  }
  for (float& number : x.floats) {
    const auto element = Compute(op.op_type(), static_cast<double>(number));
    if (!element || !std::isfinite(*element)) {
      return op.Malformed("makes a constant that is not a finite number");
    }
    number = static_cast<float>(*element);
  }
  return op.EmitKnown(std::move(x));
}

// The number that a limit is, as an attribute before operator set 11; missing limits have no
// element.
Result<std::vector<Extent>> Limit(OpContext& op, const char* attribute, size_t index) {
  if (op.HasInput(index)) return op.ExtentsInput(index);
  if (!op.Has(attribute)) return std::vector<Extent>{};
  TESSERA_ASSIGN_OR_RETURN(const float limit, op.Float(attribute, 0.0f));
  const Known known{{}, true, {limit}, {}};
  if (auto extents = known.Extents()) return std::move(*extents);
  return op.Unsupported("a limit is no simple fraction");
}

// Of weights.
Status FoldClipOfFloats(OpContext& op, Known x) {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  if (op.opset() < 11) {
    TESSERA_ASSIGN_OR_RETURN(low, op.Float("min", low));
    TESSERA_ASSIGN_OR_RETURN(high, op.Float("max", high));
  } else {
    TESSERA_ASSIGN_OR_RETURN(low, op.ScalarInput(1, low));
    TESSERA_ASSIGN_OR_RETURN(high, op.ScalarInput(2, high));
  }
  for (float& number : x.floats) number = std::min(std::max(number, low), high);
  return op.EmitKnown(std::move(x));
}

Status FoldClip(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(Known x, Input(op, 0));
  if (!x.floats.empty()) return FoldClipOfFloats(op, std::move(x));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> low, Limit(op, "min", 1));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> high, Limit(op, "max", 2));
  for (Extent& extent : x.extents) {
    std::optional<Extent> y = extent;
    if (!low.empty()) y = Compute("Max", *y, low[0], x.is_floating);
    if (y && !high.empty()) y = Compute("Min", *y, high[0], x.is_floating);
    if (!y) return op.Unsupported("of a number that depends on the image's size");
    extent = *y;
  }
  return op.EmitKnown(std::move(x));
}

std::optional<std::vector<bool>> Truths(const Known& known) {
  std::vector<bool> truths;
  for (const float number : known.floats) truths.push_back(number != 0.0f);
  if (!truths.empty()) return truths;
  const auto integers = known.Integers();
  if (!integers) return std::nullopt;
  for (const int64_t number : *integers) truths.push_back(number != 0);
  return truths;
}

Status FoldWhere(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const Known condition, Input(op, 0));
  TESSERA_ASSIGN_OR_RETURN(Known yes, Input(op, 1));
  TESSERA_ASSIGN_OR_RETURN(Known no, Input(op, 2));
  TESSERA_ASSIGN_OR_RETURN(Shape shape, Broadcast(yes.shape, no.shape));
  TESSERA_ASSIGN_OR_RETURN(shape, Broadcast(shape, condition.shape));
  const auto which = Truths(condition);
  if (!which) return op.Unsupported("its condition depends on the image's size");
  const bool all_floats = yes.extents.empty() && no.extents.empty();
  TESSERA_RETURN_IF_ERROR(op.FoldedSize(shape, !all_floats).status());
  if (!all_floats) {
    TESSERA_RETURN_IF_ERROR(ToExtents(op, yes));
    TESSERA_RETURN_IF_ERROR(ToExtents(op, no));
  }
  const std::vector<size_t> chosen = BroadcastSource(condition.shape, shape);
  const std::vector<size_t> from_yes = BroadcastSource(yes.shape, shape);
  const std::vector<size_t> from_no = BroadcastSource(no.shape, shape);
  Known y{std::move(shape), yes.is_floating, {}, {}};
  for (size_t i = 0; i < chosen.size(); ++i) {
    const bool take_yes = (*which)[chosen[i]];
    const Known& source = take_yes ? yes : no;
    const size_t element = take_yes ? from_yes[i] : from_no[i];
    if (all_floats) {
      y.floats.push_back(source.floats[element]);
    } else {
      y.extents.push_back(source.extents[element]);
    }
  }
  return op.EmitKnown(std::move(y));
}

// A product of matrices of weights, as of a small network that makes a bias of distances.
Status FoldMatMul(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const Known a, Input(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const Known b, Input(op, 1));
  const bool are_matrices = a.shape.size() >= 2 && b.shape.size() == 2;
  if (!are_matrices || a.floats.empty() || b.floats.empty() || a.shape.back() != b.shape[0]) {
    return op.Unsupported("of constants that are no matrices of floats");
  }
  const auto inner = static_cast<size_t>(b.shape[0]);
  const auto columns = static_cast<size_t>(b.shape[1]);
  Known y{a.shape, true, {}, {}};
  y.shape.back() = b.shape[1];
  const size_t rows = a.floats.size() / inner;
  // As many products as elements that would be folded.
  const Shape products = {static_cast<int64_t>(rows), b.shape[0], b.shape[1]};
  TESSERA_RETURN_IF_ERROR(op.FoldedSize(products, false).status());
  y.floats.assign(rows * columns, 0.0f);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t i = 0; i < inner; ++i) {
      const float factor = a.floats[row * inner + i];
      for (size_t column = 0; column < columns; ++column) {
        y.floats[row * columns + column] += factor * b.floats[i * columns + column];
      }
    }
  }
  return op.EmitKnown(std::move(y));
}

// What becomes of the weights that are reduced to one number.
struct Reduced {
  size_t count = 0;
  double sum = 0.0;
  double magnitudes = 0.0;
  double squares = 0.0;
  double product = 1.0;
  double largest = -std::numeric_limits<double>::infinity();
  double smallest = std::numeric_limits<double>::infinity();

  void Take(double x) {
    ++count;
    sum += x;
    magnitudes += std::abs(x);
    squares += x * x;
    product *= x;
    largest = std::max(largest, x);
    smallest = std::min(smallest, x);
  }

  double By(std::string_view op_type) const {
    if (op_type == "ReduceMean") return sum / static_cast<double>(count);
    if (op_type == "ReduceMax") return largest;
    if (op_type == "ReduceMin") return smallest;
    if (op_type == "ReduceProd") return product;
    if (op_type == "ReduceL1") return magnitudes;
    if (op_type == "ReduceL2") return std::sqrt(squares);
    if (op_type == "ReduceSumSquare") return squares;
    return sum;
  }
};

// Norms of weights, as of weight normalization.
Status FoldWeightReduction(OpContext& op, const Known& x, const ReducedAxes& reduced) {
  Shape kept = x.shape;
  for (const int64_t axis : reduced.axes) kept[static_cast<size_t>(axis)] = 1;
  // Elements of the result stand for those of the input that broadcasting would pair with them.
  const std::vector<size_t> target = BroadcastSource(kept, x.shape);
  // A sum in work is about as large as an extent.
  TESSERA_ASSIGN_OR_RETURN(const size_t count, op.FoldedSize(kept, true));
  std::vector<Reduced> parts(count);
  for (size_t i = 0; i < target.size(); ++i) {
    parts[target[i]].Take(static_cast<double>(x.floats[i]));
  }
  Known y{std::move(kept), true, {}, {}};
  for (const Reduced& part : parts) {
    if (part.count == 0) return op.Malformed("reduces nothing");
    y.floats.push_back(static_cast<float>(part.By(op.op_type())));
  }
  if (!reduced.keep_dims) {
    Shape shape;
    for (size_t i = 0; i < x.shape.size(); ++i) {
      const bool gone =
          std::binary_search(reduced.axes.begin(), reduced.axes.end(), static_cast<int64_t>(i));
      if (!gone) shape.push_back(x.shape[i]);
    }
    y.shape = std::move(shape);
  }
  return op.EmitKnown(std::move(y));
}

// Sums and products of all elements, as of a shape.
Status FoldReduce(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const Known x, Input(op, 0));
  TESSERA_ASSIGN_OR_RETURN(const ReducedAxes reduced, ReadReducedAxes(op, x.shape.size()));
  if (!x.floats.empty()) return FoldWeightReduction(op, x, reduced);
  if (reduced.axes.size() != x.shape.size() || x.size() == 0) {
    return op.Unsupported("of numbers of the image's size, over some of their axes");
  }
  const auto extents = x.Extents();
  if (!extents) return op.Unsupported("of weights");
  const std::string_view kind = op.op_type();
  if (kind == "ReduceL1" || kind == "ReduceL2" || kind == "ReduceSumSquare") {
    return op.Unsupported("of numbers of the image's size");
  }
  Extent y = (*extents)[0];
  for (size_t i = 1; i < extents->size(); ++i) {
    const std::string_view step = kind == "ReduceProd"  ? "Mul"
                                  : kind == "ReduceMax" ? "Max"
                                  : kind == "ReduceMin" ? "Min"
                                                        : "Add";
    const auto next = Compute(step, y, (*extents)[i], x.is_floating);
    if (!next) return op.Unsupported("of numbers that depend on the image's size");
    y = *next;
  }
  if (kind == "ReduceMean") y = *Extent::Quotient(y, static_cast<int64_t>(extents->size()));
  Known known{reduced.keep_dims ? Shape(x.shape.size(), 1) : Shape{}, x.is_floating, {}, {y}};
  return op.EmitKnown(std::move(known));
}

struct Folder {
  std::string_view op_type;
  Status (*fold)(OpContext& op);
};

constexpr std::array kFolders = {
    Folder{"Abs", FoldUnary},
    Folder{"Add", FoldBinary},
    Folder{"And", FoldBinary},
    Folder{"Cast", FoldCast},
    Folder{"Ceil", FoldUnary},
    Folder{"Clip", FoldClip},
    Folder{"Concat", FoldConcat},
    Folder{"ConstantOfShape", FoldConstantOfShape},
    Folder{"Cos", FoldUnary},
    Folder{"Div", FoldBinary},
    Folder{"Equal", FoldBinary},
    Folder{"Erf", FoldUnary},
    Folder{"Exp", FoldUnary},
    Folder{"Expand", FoldExpand},
    Folder{"Flatten", FoldReshape},
    Folder{"Floor", FoldUnary},
    Folder{"Gather", FoldGather},
    Folder{"Greater", FoldBinary},
    Folder{"GreaterOrEqual", FoldBinary},
    Folder{"Identity", FoldIdentity},
    Folder{"Less", FoldBinary},
    Folder{"LessOrEqual", FoldBinary},
    Folder{"Log", FoldUnary},
    Folder{"MatMul", FoldMatMul},
    Folder{"Max", FoldBinary},
    Folder{"Min", FoldBinary},
    Folder{"Mod", FoldBinary},
    Folder{"Mul", FoldBinary},
    Folder{"Neg", FoldUnary},
    Folder{"Not", FoldUnary},
    Folder{"Or", FoldBinary},
    Folder{"Pow", FoldBinary},
    Folder{"Range", FoldRange},
    Folder{"Reciprocal", FoldUnary},
    Folder{"ReduceL1", FoldReduce},
    Folder{"ReduceL2", FoldReduce},
    Folder{"ReduceMax", FoldReduce},
    Folder{"ReduceMean", FoldReduce},
    Folder{"ReduceMin", FoldReduce},
    Folder{"ReduceProd", FoldReduce},
    Folder{"ReduceSum", FoldReduce},
    Folder{"ReduceSumSquare", FoldReduce},
    Folder{"Relu", FoldUnary},
    Folder{"Reshape", FoldReshape},
    Folder{"Round", FoldUnary},
    Folder{"ScatterND", FoldScatterND},
    Folder{"Sigmoid", FoldUnary},
    Folder{"Sign", FoldUnary},
    Folder{"Sin", FoldUnary},
    Folder{"Slice", FoldSlice},
    Folder{"Softplus", FoldUnary},
    Folder{"Split", FoldSplit},
    Folder{"Sqrt", FoldUnary},
    Folder{"Squeeze", FoldReshape},
    Folder{"Sub", FoldBinary},
    Folder{"Tanh", FoldUnary},
    Folder{"Tile", FoldTile},
    Folder{"Transpose", FoldTranspose},
    Folder{"Unsqueeze", FoldReshape},
    Folder{"Where", FoldWhere},
    Folder{"Xor", FoldBinary},
};

bool AllKnown(const OpContext& op) {
  for (size_t i = 0; i < op.input_count(); ++i) {
    if (op.HasInput(i) && !op.IsKnown(i)) return false;
  }
  return op.input_count() > 0;
}

}  // namespace

Result<bool> FoldKnown(OpContext& op) {
  // These look at the shape of what they read, not at its elements.
  const bool only_shape = op.op_type() == "Shape" || op.op_type() == "Size";
  if (only_shape) {
    TESSERA_RETURN_IF_ERROR(op.op_type() == "Shape" ? FoldShape(op) : FoldSize(op));
    return true;
  }
  for (const Folder& folder : kFolders) {
    if (folder.op_type != op.op_type()) continue;
    if (!AllKnown(op)) return false;
    TESSERA_RETURN_IF_ERROR(folder.fold(op));
    op.PassMultiplesOn();
    return true;
  }
  return false;
}

}  // namespace tessera
