#include "graph/passes/view.h"

#include <algorithm>

namespace tessera {
namespace {

// a / b where that is a number of elements for images of whole periods.
std::optional<Extent> WholeQuotient(const Extent& a, const Extent& b) {
  auto quotient = Extent::Quotient(a, b);
  if (!quotient || !quotient->one().IsWhole()) return std::nullopt;
  const auto floor = Extent::Floor(*quotient);
  if (!floor || !(*floor == *quotient)) return std::nullopt;
  const auto sign = quotient->Sign();
  if (!sign || *sign <= 0) return std::nullopt;
  return quotient;
}

}  // namespace

View View::OfImage(ValueId image, const Extent& channels, const Extent& rows,
                   const Extent& columns) {
  View view;
  view.image = image;
  view.axes.emplace_back();
  const std::array<Extent, 3> extents = {channels, rows, columns};
  for (int home = 0; home < 3; ++home) {
    std::vector<int> atoms;
    if (!(extents[static_cast<size_t>(home)] == Extent(1))) {
      atoms.push_back(static_cast<int>(view.atoms.size()));
      view.atoms.push_back({extents[static_cast<size_t>(home)], home});
    }
    view.homes[static_cast<size_t>(home)] = atoms;
    view.axes.push_back(std::move(atoms));
  }
  return view;
}

std::optional<std::vector<Extent>> View::Shape() const {
  std::vector<Extent> shape;
  for (const std::vector<int>& axis : axes) {
    Extent extent = 1;
    for (const int atom : axis) {
      const auto product = Extent::Product(extent, atoms[static_cast<size_t>(atom)].size);
      if (!product) return std::nullopt;
      extent = *product;
    }
    shape.push_back(extent);
  }
  return shape;
}

bool View::IsNchw() const {
  return axes.size() == 4 && axes[0].empty() && IsWhole(1, kChannels) && IsWhole(2, kRows) &&
         IsWhole(3, kColumns);
}

View View::Transposed(const std::vector<int64_t>& permutation) const {
  View view = *this;
  for (size_t i = 0; i < permutation.size(); ++i) {
    view.axes[i] = axes[static_cast<size_t>(permutation[i])];
  }
  return view;
}

std::optional<View> View::Reshaped(const std::vector<Extent>& shape) const {
  View view = *this;
  view.axes.clear();
  std::vector<int> rest;  // all atoms, innermost first
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    rest.insert(rest.end(), axis->rbegin(), axis->rend());
  }
  for (const Extent& extent : shape) {
    std::vector<int> axis;
    Extent wanted = extent;
    while (!(wanted == Extent(1))) {
      if (rest.empty()) return std::nullopt;
      const int atom = rest.back();
      const Extent size = view.atoms[static_cast<size_t>(atom)].size;
      if (const auto left = WholeQuotient(wanted, size)) {
        axis.push_back(atom);
        rest.pop_back();
        wanted = *left;
        continue;
      }
      const auto inner = WholeQuotient(size, wanted);
      if (!inner) return std::nullopt;
      // The outer part of the atom is enough; the inner part becomes an atom of its own.
      const int home = view.atoms[static_cast<size_t>(atom)].home;
      const int split = static_cast<int>(view.atoms.size());
      view.atoms[static_cast<size_t>(atom)].size = wanted;
      view.atoms.push_back({*inner, home});
      if (home != kRepeated) {
        std::vector<int>& order = view.homes[static_cast<size_t>(home)];
        order.insert(std::find(order.begin(), order.end(), atom) + 1, split);
      }
      axis.push_back(atom);
      rest.back() = split;
      wanted = 1;
    }
    view.axes.push_back(std::move(axis));
  }
  if (!rest.empty()) return std::nullopt;
  return view;
}

std::optional<View> View::Expanded(const std::vector<Extent>& shape) const {
  if (shape.size() < axes.size()) return std::nullopt;
  View view = *this;
  view.axes.insert(view.axes.begin(), shape.size() - axes.size(), {});
  const auto own = view.Shape();
  if (!own) return std::nullopt;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if ((*own)[axis] == shape[axis] || shape[axis] == Extent(1)) continue;
    if (!((*own)[axis] == Extent(1))) return std::nullopt;
    view.axes[axis] = {static_cast<int>(view.atoms.size())};
    view.atoms.push_back({shape[axis], kRepeated});
  }
  return view;
}

}  // namespace tessera
