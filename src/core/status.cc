#include "core/status.h"

namespace tessera {

std::string_view StatusCodeName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "OK";
#define TESSERA_STATUS(enumerator, text, meaning) \
  case StatusCode::enumerator:                    \
    return text;
#include "core/status_codes.def"
#undef TESSERA_STATUS
  }
  return "ERR_INTERNAL";
}

}  // namespace tessera
