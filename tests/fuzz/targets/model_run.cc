// Bytes as a network's file that is loaded, prepared for its smallest tile, and run twice: both
// times to the same bytes. The file decides which engine that is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "checks.h"
#include "engine/session.h"
#include "graph/model.h"

namespace tessera::fuzz {
namespace {

std::vector<uint8_t> RunOn(Session& session, uint8_t first) {
  uint8_t next = first;
  for (uint8_t& byte : session.input()) byte = next += 37;
  const Status status = session.Run(nullptr);
  Check(status.ok(), status.message());
  return {session.output().begin(), session.output().end()};
}

void Run(const Model& model) {
  SessionOptions options;
  options.width = options.height = SmallTile(model);
  options.alpha = true;
  if (options.width == 0) return;
  Result<Session> session = Session::Create(model, options);
  if (!session.ok()) return CheckFailure(session.status());
  const std::vector<uint8_t> once = RunOn(*session, 1);
  RunOn(*session, 2);
  Check(RunOn(*session, 1) == once, "the same tile gave other bytes");
}

}  // namespace
}  // namespace tessera::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const tessera::Result<tessera::Model> model = tessera::LoadModel({data, size});
  if (model.ok()) tessera::fuzz::Run(*model);
  return 0;
}
