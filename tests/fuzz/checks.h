#ifndef TESSERA_TESTS_FUZZ_CHECKS_H_
#define TESSERA_TESTS_FUZZ_CHECKS_H_

#include <string_view>

#include "core/status.h"
#include "graph/model.h"

namespace tessera::fuzz {

/// Ends the process with a message, which a fuzzer takes for a crash, unless `holds`.
void Check(bool holds, std::string_view what);

/// A failure must say what failed, and a defect of the library is none that a file may cause.
void CheckFailure(const Status& status);

/// Extent of the smallest square tile, or 0 where one run of it would take too long or too much
/// memory for a fuzzer.
int64_t SmallTile(const Model& model);

}  // namespace tessera::fuzz

#endif  // TESSERA_TESTS_FUZZ_CHECKS_H_
