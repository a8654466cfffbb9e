#ifndef TESSERA_ENGINE_RANGE_DOUBTS_H_
#define TESSERA_ENGINE_RANGE_DOUBTS_H_

#include <string>
#include <vector>

#include "graph/model.h"

namespace tessera {

/// What makes one doubt that a network gets its pictures as it wants them: sentences that name the
/// option to set. Looks at the means that it subtracts, and lets it enlarge flat grey pictures,
/// which ought to stay as grey as they are; that takes up to `most_multiplications` for each of
/// some fifteen runs, and is left out where it would take more.
std::vector<std::string> FindRangeDoubts(const Model& model, double most_multiplications);

}  // namespace tessera

#endif  // TESSERA_ENGINE_RANGE_DOUBTS_H_
