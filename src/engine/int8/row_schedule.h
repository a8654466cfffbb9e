#ifndef TESSERA_ENGINE_INT8_ROW_SCHEDULE_H_
#define TESSERA_ENGINE_INT8_ROW_SCHEDULE_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/status.h"
#include "engine/int8/program.h"
#include "engine/int8/slices.h"
#include "graph/graph.h"

namespace tessera::int8 {

// The second way to run a quantized network: its picture passes through it a few rows at a time.
// Each pass takes the next rows of the picture, and every instruction makes as many new rows of its
// result, in proportion. A 3x3 convolution needs one row of its input that the pass has not made
// yet, so that its results lag one row behind, and those after it two:
//
//                 pass 0      pass 1      pass 2
//     picture     0 1 2 3     4 5 6 7     8 9 . .
//     layer 1     0 1 2       3 4 5 6     7 8 9 .
//     layer 2     0 1         2 3 4 5     6 7 8 9
//
// What a later pass reads of this one's rows is kept: of most tensors two rows, more where a
// residual waits for what lies beside it. No row is made twice, whatever the receptive field.

/// The rows of a result that the passes make.
struct RowShare {
  int64_t fresh = 0;  // rows of each pass
  int64_t lag = 0;    // rows that a pass is behind
  int64_t height = 0;

  /// The first row of a pass, and the end of the pass before.
  int64_t Begin(int64_t pass) const { return std::clamp<int64_t>(pass * fresh - lag, 0, height); }
  int64_t End(int64_t pass) const { return Begin(pass + 1); }
};

/// The rows of a tensor that memory holds during a pass. They reach over the tensor's ends where
/// the picture begins and ends.
struct RowRing {
  int64_t fresh = 0;  // rows that this pass adds
  int64_t kept = 0;   // rows before them
  int64_t depth = 0;  // pass p begins at row p * fresh - depth

  int64_t rows() const { return kept + fresh; }
  int64_t First(int64_t pass) const { return pass * fresh - depth; }
};

struct RowSchedule {
  int64_t passes = 0;
  RowRing picture;               // the input's bytes
  std::vector<RowShare> shares;  // per instruction, of what it writes
  std::vector<int64_t> groups;   // per instruction: rows that come of one row of its step
  std::vector<RowRing> rings;    // per value; `fresh` is 0 where nothing lies
};

/// Plans passes of `rows` rows of the picture, or a few more where the network wants it. Needs
/// inferred shapes. Errors: kUnsupported, naming what cannot be made row by row.
Result<RowSchedule> PlanRows(const Graph& graph, const Program& program,
                             const std::vector<Slice>& slices, int64_t rows);

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_ROW_SCHEDULE_H_
