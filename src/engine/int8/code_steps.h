#ifndef TESSERA_ENGINE_INT8_CODE_STEPS_H_
#define TESSERA_ENGINE_INT8_CODE_STEPS_H_

#include <pthreadpool.h>

#include <cstdint>
#include <vector>

#include "engine/int8/code_tensor.h"
#include "engine/int8/program.h"
#include "engine/step.h"

namespace tessera::int8 {

// The operations on codes besides convolutions. Plain loops that the compiler vectorises: what they
// do to a byte costs less than fetching it.

/// Fills what of rows `begin` .. `end` - 1 lies outside the tensor with the code of zero.
void FillBorder(const CodeTensor& tensor, Storage storage, int64_t begin, int64_t end);

/// Fills the whole border.
StepPtr MakeFillBorderStep(const CodeTensor& tensor, Storage storage);

/// `tables` map codes 0..255, 256 of them for all channels or for each.
StepPtr MakeTableStep(std::vector<uint8_t> tables, const CodeTensor& input,
                      const CodeTensor& output, Storage storage, pthreadpool_t threads);

/// a + b, a - b or a * b, requantized.
StepPtr MakeCombineStep(Binary::Kind kind, const Range& range, const CodeTensor& a,
                        const CodeTensor& b, const CodeTensor& output, Storage storage,
                        pthreadpool_t threads);

/// `table` maps codes of a, times 256, plus codes of b. Extents of 1 are repeated.
StepPtr MakePairTableStep(const std::vector<uint8_t>& table, const CodeTensor& a,
                          const CodeTensor& b, const CodeTensor& output, Storage storage,
                          pthreadpool_t threads);

/// Whether an operation only moves codes, or chooses among them (the largest of a window).
bool CanMove(const tessera::Operation& operation);

/// What CanMove says, but for the choice, which is MakeSumStep's. Concat takes any inputs. Errors:
/// kUnsupported.
Result<StepPtr> MakeMoveStep(const Node& node, const std::vector<CodeTensor>& inputs,
                             const CodeTensor& output, Storage storage);

StepPtr MakeQuantizeStep(Tensor input, const CodeTensor& output, Storage storage);
StepPtr MakeDequantizeStep(const CodeTensor& input, Tensor output, Storage storage);

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_CODE_STEPS_H_
