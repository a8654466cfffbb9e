#ifndef TESSERA_ENGINE_PARALLEL_ROWS_H_
#define TESSERA_ENGINE_PARALLEL_ROWS_H_

#include <pthreadpool.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tessera {

/// Calls `rows(begin, end, part)` for consecutive bands of 0 .. `count`, one per thread of the pool
/// (which may be null), and returns when all are done. `part` numbers the band.
template <typename Rows>
void ParallelRows(pthreadpool_t pool, int64_t count, const Rows& rows) {
  const auto parts =
      static_cast<int64_t>(std::max<size_t>(1, pool ? pthreadpool_get_threads_count(pool) : 1));
  if (parts == 1) {
    rows(int64_t{0}, count, size_t{0});
    return;
  }
  struct Task {
    const Rows* rows;
    int64_t count;
    int64_t parts;
  } task = {&rows, count, parts};
  const auto run = [](void* context, size_t part) {
    const auto& own = *static_cast<const Task*>(context);
    const auto index = static_cast<int64_t>(part);
    (*own.rows)(own.count * index / own.parts, own.count * (index + 1) / own.parts, part);
  };
  pthreadpool_parallelize_1d(pool, run, &task, static_cast<size_t>(parts), /*flags=*/0);
}

/// The same for `first` .. `last`.
template <typename Rows>
void ParallelRows(pthreadpool_t pool, int64_t first, int64_t last, const Rows& rows) {
  ParallelRows(pool, last - first, [&](int64_t begin, int64_t end, size_t part) {
    rows(first + begin, first + end, part);
  });
}

}  // namespace tessera

#endif  // TESSERA_ENGINE_PARALLEL_ROWS_H_
