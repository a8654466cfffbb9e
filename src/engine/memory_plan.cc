#include "engine/memory_plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/aligned_buffer.h"

namespace tessera {
namespace {

struct Placement {
  size_t begin = 0;
  size_t end = 0;
  size_t lifetime = 0;
};

bool Overlap(const Lifetime& a, const Lifetime& b) {
  return a.first <= b.last && b.first <= a.last;
}

// The lowest gap of `bytes` between the already placed tensors alive at the same time.
// `placed` is sorted by begin.
size_t LowestGap(const std::vector<Placement>& placed, const std::vector<Lifetime>& lifetimes,
                 const Lifetime& wanted, size_t bytes) {
  size_t offset = 0;
  for (const Placement& other : placed) {
    if (!Overlap(lifetimes[other.lifetime], wanted)) continue;
    if (other.begin >= offset && other.begin - offset >= bytes) break;
    offset = std::max(offset, other.end);
  }
  return offset;
}

}  // namespace

Result<MemoryPlan> PlanMemory(const std::vector<Lifetime>& lifetimes) {
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });

  MemoryPlan plan;
  plan.offsets.resize(lifetimes.size());
  std::vector<Placement> placed;
  for (size_t index : order) {
    constexpr size_t kAlignment = AlignedBuffer::kAlignment;
    const Lifetime& lifetime = lifetimes[index];
    if (lifetime.bytes > SIZE_MAX / 2) {
      return Status(StatusCode::kOutOfMemory, "a tensor of this tile exceeds the address space");
    }
    const size_t bytes = (lifetime.bytes + kAlignment - 1) / kAlignment * kAlignment;
    const size_t begin = LowestGap(placed, lifetimes, lifetime, bytes);
    if (begin > SIZE_MAX - bytes) {
      return Status(StatusCode::kOutOfMemory, "the tile's tensors exceed the address space");
    }
    plan.offsets[index] = begin;
    plan.arena_bytes = std::max(plan.arena_bytes, begin + bytes);
    const Placement placement{begin, begin + bytes, index};
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), placement,
                         [](const Placement& a, const Placement& b) { return a.begin < b.begin; }),
        placement);
  }
  return plan;
}

}  // namespace tessera
