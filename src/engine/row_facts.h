#ifndef TESSERA_ENGINE_ROW_FACTS_H_
#define TESSERA_ENGINE_ROW_FACTS_H_

#include <cstdint>
#include <string>

#include "graph/model.h"

namespace tessera {

/// How the rows of a picture flow through a network (int8/row_schedule.h).
struct RowFacts {
  int64_t rows = 0;           // of the picture, that a session takes at a time
  int64_t output_lag = 0;     // output rows that are finished later than the picture's are taken
  double fixed_bytes = 0.0;   // that a session needs beside the weights, about,
  double column_bytes = 0.0;  // and for each column of the picture
  std::string not_because;    // why rows do not flow; empty where they do
};

RowFacts FindRowFacts(const Model& model);

}  // namespace tessera

#endif  // TESSERA_ENGINE_ROW_FACTS_H_
