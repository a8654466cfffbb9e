#ifndef TESSERA_GRAPH_IMPORT_READ_AXES_H_
#define TESSERA_GRAPH_IMPORT_READ_AXES_H_

#include <cstdint>
#include <vector>

#include "core/status.h"
#include "graph/extent.h"
#include "graph/import/op_context.h"

namespace tessera {

// What operators say about axes, as attributes in old operator sets and as inputs in newer ones.
// `extents` and `extent` are those of the tensor that input 0 is.

/// The attribute as an axis from 0 to rank - 1.
Result<int64_t> ReadAxis(OpContext& op, const char* attribute, int64_t missing, size_t rank);

/// Transpose's perm; the reverse order when it is missing.
Result<std::vector<int64_t>> ReadPermutation(OpContext& op, size_t rank);

/// The output shape of Reshape, Flatten, Squeeze or Unsqueeze.
Result<std::vector<Extent>> ReadReshapeTarget(OpContext& op);

/// One axis of a Slice. With a positive step start and end are from 0 to the extent; with a
/// negative one elements start, start + step, ... before end, which may be -1.
struct AxisRange {
  int64_t axis = 0;
  Extent start;
  Extent end;
  int64_t step = 1;
};
/// Slice's ranges; axes that it takes whole are left out. `declared` are the extents in the size
/// that the file was exported for, or empty: in such a file an end inside an image's axis is taken
/// as so far from the end.
Result<std::vector<AxisRange>> ReadSlice(OpContext& op, const std::vector<Extent>& extents,
                                         const Shape& declared = {});

/// The lengths of Split's outputs along an axis of `extent`.
Result<std::vector<Extent>> ReadSplit(OpContext& op, const Extent& extent);

struct ReducedAxes {
  std::vector<int64_t> axes;  // sorted
  bool keep_dims = true;
};
/// The axes of a reduction; all when none are given.
Result<ReducedAxes> ReadReducedAxes(OpContext& op, size_t rank);

}  // namespace tessera

#endif  // TESSERA_GRAPH_IMPORT_READ_AXES_H_
