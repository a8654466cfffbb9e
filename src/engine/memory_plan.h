#ifndef TESSERA_ENGINE_MEMORY_PLAN_H_
#define TESSERA_ENGINE_MEMORY_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/status.h"

namespace tessera {

/// A tensor's demand for memory: `bytes` from step `first` to step `last`, both included.
struct Lifetime {
  size_t bytes = 0;
  int64_t first = 0;
  int64_t last = 0;
};

/// Where each tensor lies inside one arena.
struct MemoryPlan {
  std::vector<size_t> offsets;  // one per lifetime, multiples of AlignedBuffer::kAlignment
  size_t arena_bytes = 0;
};

/// Places tensors so that two share memory only when their lifetimes do not overlap. Greedy by
/// size, each at the lowest offset that fits (Pisarchyk and Lee, "Efficient memory management for
/// deep neural net inference", 2020). Errors: kOutOfMemory when the arena does not fit a size_t.
Result<MemoryPlan> PlanMemory(const std::vector<Lifetime>& lifetimes);

}  // namespace tessera

#endif  // TESSERA_ENGINE_MEMORY_PLAN_H_
