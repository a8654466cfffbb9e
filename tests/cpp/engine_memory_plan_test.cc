#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "core/aligned_buffer.h"
#include "engine/memory_plan.h"

namespace tessera {
namespace {

TEST_CASE("memory plan: a chain of equal tensors needs two of them") {
  std::vector<Lifetime> chain;
  for (int64_t i = 0; i < 10; ++i) chain.push_back({1024, i, i + 1});
  const Result<MemoryPlan> plan = PlanMemory(chain);
  REQUIRE(plan.ok());
  CHECK(plan->arena_bytes == 2048);
}

TEST_CASE("memory plan: tensors alive together never overlap") {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> lifetimes;
    for (int i = 0; i < 12; ++i) {
      const int64_t first = random() % 10;
      lifetimes.push_back({random() % 5000, first, first + static_cast<int64_t>(random() % 4)});
    }
    const Result<MemoryPlan> plan = PlanMemory(lifetimes);
    REQUIRE(plan.ok());
    for (size_t a = 0; a < lifetimes.size(); ++a) {
      CHECK(plan->offsets[a] % AlignedBuffer::kAlignment == 0);
      CHECK(plan->offsets[a] + lifetimes[a].bytes <= plan->arena_bytes);
      for (size_t b = 0; b < a; ++b) {
        const bool together =
            lifetimes[a].first <= lifetimes[b].last && lifetimes[b].first <= lifetimes[a].last;
        const bool apart = plan->offsets[a] + lifetimes[a].bytes <= plan->offsets[b] ||
                           plan->offsets[b] + lifetimes[b].bytes <= plan->offsets[a];
        CHECK((!together || apart));
      }
    }
  }
}

TEST_CASE("memory plan: an impossible tensor is refused") {
  CHECK(PlanMemory({{SIZE_MAX, 0, 1}}).status().code() == StatusCode::kOutOfMemory);
}

}  // namespace
}  // namespace tessera
