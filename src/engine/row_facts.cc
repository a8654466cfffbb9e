#include "engine/row_facts.h"

#include <algorithm>

#include "engine/int8/executor.h"
#include "engine/int8/lower.h"

namespace tessera {
namespace {

// Enough that what begins with each pass does not show, and that few rows beside them are kept.
constexpr int64_t kRows = 16;

RowFacts Because(std::string reason) {
  RowFacts facts;
  facts.not_because = std::move(reason);
  return facts;
}

}  // namespace

RowFacts FindRowFacts(const Model& model) {
  if (!int8::HasQuantization(model.graph)) return Because("the network is not quantized");
  if (model.tiling.fixed_height > 0) return Because("the network takes tiles of one size only");
  if (model.sized) return Because("the network is another one for each size");
  const int64_t multiple = model.tiling.size_multiple;
  const auto round_up = [multiple](int64_t x) { return (x + multiple - 1) / multiple * multiple; };
  const int64_t extent = round_up(std::max(kRows, model.tiling.smallest));
  const int64_t rows = round_up(kRows);
  const auto narrow = int8::Executor::PlanRowFlow(model.graph, extent, extent, rows);
  const auto wide = int8::Executor::PlanRowFlow(model.graph, extent, 2 * extent, rows);
  if (!narrow.ok() || !wide.ok()) return Because(narrow.status().message());
  RowFacts facts;
  facts.rows = narrow->rows;
  facts.output_lag = narrow->output_lag;
  facts.column_bytes =
      static_cast<double>(wide->bytes - narrow->bytes) / static_cast<double>(extent);
  facts.fixed_bytes = std::max(
      0.0, static_cast<double>(narrow->bytes) - facts.column_bytes * static_cast<double>(extent));
  return facts;
}

}  // namespace tessera
