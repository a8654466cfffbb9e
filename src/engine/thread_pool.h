#ifndef TESSERA_ENGINE_THREAD_POOL_H_
#define TESSERA_ENGINE_THREAD_POOL_H_

#include <pthreadpool.h>

#include <memory>

namespace tessera {

struct ThreadPoolDeleter {
  void operator()(pthreadpool_t pool) const { pthreadpool_destroy(pool); }
};

/// Threads for XNNPACK. Null means: run on the calling thread.
using ThreadPool = std::unique_ptr<pthreadpool, ThreadPoolDeleter>;

/// A pool of `threads` (the caller's included), or null for a single thread.
inline ThreadPool MakeThreadPool(int64_t threads) {
  if (threads <= 1) return nullptr;
  return ThreadPool(pthreadpool_create(static_cast<size_t>(threads)));
}

}  // namespace tessera

#endif  // TESSERA_ENGINE_THREAD_POOL_H_
