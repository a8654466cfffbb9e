#include "graph/import/read_axes.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "core/checked_math.h"

namespace tessera {
namespace {

// Far beyond any axis: what exporters write for "to the end".
constexpr int64_t kToTheEnd = int64_t{1} << 30;

Result<int64_t> Normalized(OpContext& op, int64_t axis, size_t rank) {
  const auto count = static_cast<int64_t>(rank);
  const int64_t from_start = axis < 0 ? axis + count : axis;
  if (from_start >= 0 && from_start < count) return from_start;
  return op.Malformed("there is no axis " + std::to_string(axis) + " in a tensor of " +
                      std::to_string(rank) + " axes");
}

// An attribute of axes, or the same as an input.
Result<std::vector<int64_t>> ReadAxes(OpContext& op, size_t input) {
  if (op.HasInput(input)) return op.IntsInput(input);
  return op.Ints("axes", {});
}

Result<std::vector<Extent>> Squeezed(OpContext& op, const std::vector<Extent>& x) {
  TESSERA_ASSIGN_OR_RETURN(std::vector<int64_t> axes, ReadAxes(op, 1));
  const bool all_ones = axes.empty();
  std::vector<bool> dropped(x.size(), false);
  for (int64_t& axis : axes) {
    TESSERA_ASSIGN_OR_RETURN(axis, Normalized(op, axis, x.size()));
    if (!(x[static_cast<size_t>(axis)] == Extent(1))) {
      return op.Malformed("axis " + std::to_string(axis) + " has " +
                          x[static_cast<size_t>(axis)].ToString() + " elements, not one");
    }
    dropped[static_cast<size_t>(axis)] = true;
  }
  std::vector<Extent> y;
  for (size_t i = 0; i < x.size(); ++i) {
    if (dropped[i] || (all_ones && x[i] == Extent(1))) continue;
    y.push_back(x[i]);
  }
  return y;
}

Result<std::vector<Extent>> Unsqueezed(OpContext& op, const std::vector<Extent>& x) {
  TESSERA_ASSIGN_OR_RETURN(std::vector<int64_t> axes, ReadAxes(op, 1));
  const size_t rank = x.size() + axes.size();
  std::vector<bool> added(rank, false);
  for (int64_t& axis : axes) {
    TESSERA_ASSIGN_OR_RETURN(axis, Normalized(op, axis, rank));
    if (added[static_cast<size_t>(axis)]) return op.Malformed("adds an axis twice");
    added[static_cast<size_t>(axis)] = true;
  }
  std::vector<Extent> y;
  size_t next = 0;
  for (size_t i = 0; i < rank; ++i) y.push_back(added[i] ? Extent(1) : x[next++]);
  return y;
}

Result<Extent> ProductOf(OpContext& op, const std::vector<Extent>& extents, size_t begin,
                         size_t end) {
  Extent product = 1;
  for (size_t i = begin; i < end; ++i) {
    const auto next = Extent::Product(product, extents[i]);
    if (!next) {
      return op.Unsupported("its shape is no product of the image's height and width");
    }
    product = *next;
  }
  return product;
}

Result<std::vector<Extent>> Flattened(OpContext& op, const std::vector<Extent>& x) {
  TESSERA_ASSIGN_OR_RETURN(int64_t axis, op.Int("axis", 1));
  const auto rank = static_cast<int64_t>(x.size());
  if (axis < 0) axis += rank;
  if (axis < 0 || axis > rank) return op.Malformed("there is no such axis");
  TESSERA_ASSIGN_OR_RETURN(const Extent outer, ProductOf(op, x, 0, static_cast<size_t>(axis)));
  TESSERA_ASSIGN_OR_RETURN(const Extent inner,
                           ProductOf(op, x, static_cast<size_t>(axis), x.size()));
  return std::vector<Extent>{outer, inner};
}

// Beyond kSaturated it is that.
int64_t Product(const Shape& shape, size_t begin, size_t end) {
  int64_t product = 1;
  for (size_t i = begin; i < end; ++i) {
    product = SaturatedProduct(product, std::max<int64_t>(shape[i], 0));
  }
  return product;
}

// What a literal extent of an axis group of the file's own size means for other sizes: the group's
// elements are `total`. The outermost extents take what depends on the image, height before width.
std::optional<std::vector<Extent>> Generalize(const std::vector<int64_t>& literals,
                                              const Extent& total, ImageSize declared) {
  std::vector<Extent> extents(literals.begin(), literals.end());
  if (total.IsConstant()) return extents;
  // All of it in one extent: the first that is not 1, or any other.
  const auto share = [&](size_t which) -> std::optional<Extent> {
    Extent rest = 1;
    for (size_t i = 0; i < extents.size(); ++i) {
      if (i == which) continue;
      const auto product = Extent::Product(rest, extents[i]);
      if (!product) return std::nullopt;
      rest = *product;
    }
    return Extent::Quotient(total, rest);
  };
  std::vector<size_t> candidates;
  for (size_t i = 0; i < literals.size(); ++i) {
    if (literals[i] != 1) candidates.push_back(i);
  }
  if (candidates.empty() && !literals.empty()) candidates.push_back(0);
  const bool has_area = !(total.area() == 0);
  if (has_area && candidates.size() >= 2) {
    // Height and width in two extents, by the same fraction of each.
    for (size_t i = 0; i + 1 < candidates.size(); ++i) {
      for (size_t j = i + 1; j < candidates.size(); ++j) {
        const Rational of_height(literals[candidates[i]], declared.height);
        const Rational of_width(literals[candidates[j]], declared.width);
        if (!(of_height == of_width)) continue;
        std::vector<Extent> split = extents;
        split[candidates[i]] = Extent(0, of_height, 0, 0);
        split[candidates[j]] = Extent(0, 0, of_width, 0);
        Extent product = 1;
        bool fits = true;
        for (const Extent& extent : split) {
          const auto next = Extent::Product(product, extent);
          fits = fits && next.has_value();
          if (next) product = *next;
        }
        if (fits && product == total) return split;
      }
    }
  }
  for (const size_t which : candidates) {
    const auto own = share(which);
    if (!own) continue;
    extents[which] = *own;
    return extents;
  }
  return std::nullopt;
}

// A Reshape with literal extents in a file of a fixed size: groups of axes with equal products in
// the file's own size have equal products in all.
std::optional<std::vector<Extent>> FromLiterals(const std::vector<Extent>& x, const Shape& own,
                                                const Shape& literals, ImageSize declared) {
  std::vector<Extent> target;
  size_t i = 0;
  size_t j = 0;
  while (i < own.size() || j < literals.size()) {
    size_t next_i = i < own.size() ? i + 1 : i;
    size_t next_j = j < literals.size() ? j + 1 : j;
    while (Product(own, i, next_i) != Product(literals, j, next_j)) {
      const bool own_is_less = Product(own, i, next_i) < Product(literals, j, next_j);
      const bool own_can_grow = next_i < own.size();
      const bool literals_can_grow = next_j < literals.size();
      if (!own_can_grow && !literals_can_grow) return std::nullopt;
      if (own_can_grow && (own_is_less || !literals_can_grow)) {
        ++next_i;
      } else {
        ++next_j;
      }
    }
    Extent total = 1;
    for (size_t k = i; k < next_i; ++k) {
      const auto product = Extent::Product(total, x[k]);
      if (!product) return std::nullopt;
      total = *product;
    }
    const auto group = Generalize({literals.begin() + static_cast<ptrdiff_t>(j),
                                   literals.begin() + static_cast<ptrdiff_t>(next_j)},
                                  total, declared);
    if (!group) return std::nullopt;
    target.insert(target.end(), group->begin(), group->end());
    i = next_i;
    j = next_j;
  }
  return target;
}

// The target of a Reshape: 0 keeps an axis, -1 takes what is left.
Result<std::vector<Extent>> Reshaped(OpContext& op, const std::vector<Extent>& x) {
  TESSERA_ASSIGN_OR_RETURN(const int64_t allow_zero, op.Int("allowzero", 0));
  std::vector<Extent> target;
  if (op.opset() < 5 && op.Has("shape")) {
    TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> shape, op.Ints("shape", {}));
    target.assign(shape.begin(), shape.end());
  } else {
    TESSERA_ASSIGN_OR_RETURN(target, op.ExtentsInput(1));
  }
  const std::optional<Shape> own = op.DeclaredShape(0);
  std::optional<size_t> inferred;
  bool all_literal = true;
  Shape literals;  // the target in the file's own size
  for (size_t i = 0; i < target.size(); ++i) {
    if (target[i] == Extent(0) && allow_zero == 0) {
      if (i >= x.size()) return op.Malformed("keeps an axis that is not there");
      target[i] = x[i];
      literals.push_back(own ? (*own)[i] : -1);
      continue;
    }
    if (target[i] == Extent(-1)) {
      if (inferred) return op.Malformed("has two extents of -1");
      inferred = i;
    }
    all_literal = all_literal && target[i].IsConstant();
    literals.push_back(target[i].Whole().value_or(-1));
  }
  if (own && all_literal && op.declared_image()) {
    if (inferred) {
      literals[*inferred] = 1;
      const int64_t others = Product(literals, 0, literals.size());
      const int64_t all = Product(*own, 0, own->size());
      if (others == 0 || all % others != 0) return op.Malformed("the shape does not fit the input");
      literals[*inferred] = all / others;
    }
    if (auto general = FromLiterals(x, *own, literals, *op.declared_image())) {
      return std::move(*general);
    }
    return op.Unsupported(
        "its shape has fixed extents whose meaning for images of other sizes is not clear; export "
        "the network with dynamic axes");
  }
  if (!inferred) return target;
  target[*inferred] = 1;
  TESSERA_ASSIGN_OR_RETURN(const Extent all, ProductOf(op, x, 0, x.size()));
  TESSERA_ASSIGN_OR_RETURN(const Extent others, ProductOf(op, target, 0, target.size()));
  const auto rest = Extent::Quotient(all, others);
  if (!rest) {
    return op.Unsupported("the extent of -1 is " + all.ToString() + " over " + others.ToString() +
                          ", which is not supported (H and W are the image's height and width)");
  }
  target[*inferred] = *rest;
  return target;
}

// A position on an axis as one from 0 to its extent.
Result<Extent> Clamped(OpContext& op, Extent position, const Extent& extent, bool backwards) {
  const auto whole = position.Whole();
  if (whole && *whole >= kToTheEnd) return backwards ? extent - Extent(1) : extent;
  if (whole && *whole <= -kToTheEnd) return backwards ? Extent(-1) : Extent(0);
  const auto sign = position.Sign();
  if (sign && *sign < 0) position = position + extent;
  const auto below = position.Sign();
  const auto above = (extent - position).Sign();
  if (below && *below < 0) return backwards ? Extent(-1) : Extent(0);
  if (above && *above < 0) return backwards ? extent - Extent(1) : extent;
  if (sign && below && above) {
    return backwards && *above == 0 ? extent - Extent(1) : position;
  }
  return op.Unsupported("a position of " + position.ToString() + " on an axis of " +
                        extent.ToString() + " is not supported");
}

// A literal position inside an axis of an image that the file fixes: from the end where it was
// written as an end.
Extent FromEnd(const Extent& end, const Extent& extent, const Shape& declared, size_t axis) {
  const auto whole = end.Whole();
  if (declared.empty() || extent.IsConstant() || !whole || *whole < 0) return end;
  if (*whole >= declared[axis]) return extent;
  return extent - Extent(declared[axis] - *whole);
}

}  // namespace

Result<int64_t> ReadAxis(OpContext& op, const char* attribute, int64_t missing, size_t rank) {
  TESSERA_ASSIGN_OR_RETURN(const int64_t axis, op.Int(attribute, missing));
  return Normalized(op, axis, rank);
}

Result<std::vector<int64_t>> ReadPermutation(OpContext& op, size_t rank) {
  std::vector<int64_t> reversed(rank);
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  TESSERA_ASSIGN_OR_RETURN(std::vector<int64_t> permutation, op.Ints("perm", reversed));
  std::vector<int64_t> sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  std::sort(reversed.begin(), reversed.end());
  if (sorted == reversed) return permutation;
  return op.Malformed("perm must be a permutation of the " + std::to_string(rank) +
                      " axes of its input");
}

Result<std::vector<Extent>> ReadReshapeTarget(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const std::vector<Extent> x, op.ExtentsOf(0));
  if (op.op_type() == "Squeeze") return Squeezed(op, x);
  if (op.op_type() == "Unsqueeze") return Unsqueezed(op, x);
  if (op.op_type() == "Flatten") return Flattened(op, x);
  return Reshaped(op, x);
}

Result<std::vector<AxisRange>> ReadSlice(OpContext& op, const std::vector<Extent>& extents,
                                         const Shape& declared) {
  std::vector<Extent> starts;
  std::vector<Extent> ends;
  std::vector<int64_t> axes;
  std::vector<int64_t> steps;
  if (op.opset() < 10) {
    TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> from, op.Ints("starts", {}));
    TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> to, op.Ints("ends", {}));
    TESSERA_ASSIGN_OR_RETURN(axes, op.Ints("axes", {}));
    starts.assign(from.begin(), from.end());
    ends.assign(to.begin(), to.end());
  } else {
    TESSERA_ASSIGN_OR_RETURN(starts, op.ExtentsInput(1));
    TESSERA_ASSIGN_OR_RETURN(ends, op.ExtentsInput(2));
    if (op.HasInput(3)) {
      TESSERA_ASSIGN_OR_RETURN(axes, op.IntsInput(3));
    }
    if (op.HasInput(4)) {
      TESSERA_ASSIGN_OR_RETURN(steps, op.IntsInput(4));
    }
  }
  if (axes.empty()) {
    axes.resize(starts.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      steps.size() != starts.size()) {
    return op.Malformed("starts, ends, axes and steps differ in length");
  }
  std::vector<AxisRange> ranges;
  for (size_t i = 0; i < starts.size(); ++i) {
    AxisRange range;
    range.step = steps[i];
    if (range.step == 0) return op.Malformed("a step is zero");
    TESSERA_ASSIGN_OR_RETURN(range.axis, Normalized(op, axes[i], extents.size()));
    const auto axis = static_cast<size_t>(range.axis);
    const Extent& extent = extents[axis];
    const bool backwards = range.step < 0;
    TESSERA_ASSIGN_OR_RETURN(range.start, Clamped(op, starts[i], extent, backwards));
    const Extent end = backwards ? ends[i] : FromEnd(ends[i], extent, declared, axis);
    TESSERA_ASSIGN_OR_RETURN(range.end, Clamped(op, end, extent, backwards));
    const bool whole = range.step == 1 && range.start == Extent(0) && range.end == extent;
    if (!whole) ranges.push_back(range);
  }
  return ranges;
}

Result<std::vector<Extent>> ReadSplit(OpContext& op, const Extent& extent) {
  std::vector<Extent> lengths;
  if (op.opset() < 13) {
    TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> split, op.Ints("split", {}));
    lengths.assign(split.begin(), split.end());
  } else if (op.HasInput(1)) {
    TESSERA_ASSIGN_OR_RETURN(lengths, op.ExtentsInput(1));
  }
  const size_t outputs = op.output_count();
  op.Ignore("num_outputs");
  if (!lengths.empty()) {
    if (lengths.size() == outputs) return lengths;
    return op.Malformed("has " + std::to_string(outputs) + " outputs but " +
                        std::to_string(lengths.size()) + " lengths");
  }
  const auto count = static_cast<int64_t>(outputs);
  const auto whole = extent.Whole();
  if (whole) {
    // The last one is shorter where the extent is no multiple.
    const int64_t each = (*whole + count - 1) / count;
    for (int64_t i = 0; i < count; ++i) lengths.emplace_back(std::min(each, *whole - i * each));
    return lengths;
  }
  const auto each = Extent::Quotient(extent, Extent(count));
  if (!each) return op.Unsupported("splits an axis of " + extent.ToString());
  return std::vector<Extent>(outputs, *each);
}

Result<ReducedAxes> ReadReducedAxes(OpContext& op, size_t rank) {
  ReducedAxes reduced;
  TESSERA_ASSIGN_OR_RETURN(reduced.axes, ReadAxes(op, 1));
  TESSERA_ASSIGN_OR_RETURN(const int64_t keep_dims, op.Int("keepdims", 1));
  TESSERA_ASSIGN_OR_RETURN(const int64_t noop, op.Int("noop_with_empty_axes", 0));
  reduced.keep_dims = keep_dims != 0;
  if (reduced.axes.empty()) {
    if (noop != 0) return op.Unsupported("noop_with_empty_axes without axes");
    reduced.axes.resize(rank);
    std::iota(reduced.axes.begin(), reduced.axes.end(), 0);
    return reduced;
  }
  for (int64_t& axis : reduced.axes) {
    TESSERA_ASSIGN_OR_RETURN(axis, Normalized(op, axis, rank));
  }
  std::sort(reduced.axes.begin(), reduced.axes.end());
  if (std::adjacent_find(reduced.axes.begin(), reduced.axes.end()) != reduced.axes.end()) {
    return op.Malformed("names an axis twice");
  }
  return reduced;
}

}  // namespace tessera
