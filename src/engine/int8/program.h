#ifndef TESSERA_ENGINE_INT8_PROGRAM_H_
#define TESSERA_ENGINE_INT8_PROGRAM_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "graph/graph.h"

namespace tessera::int8 {

// A graph as the int8 engine runs it: instructions that read and write tensors of 8-bit codes
// where the graph allows it, and of floats elsewhere. Nodes are indices into Graph::nodes.

/// A closed interval of real numbers.
struct Range {
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();

  bool Unbounded() const {
    return min == -std::numeric_limits<float>::infinity() &&
           max == std::numeric_limits<float>::infinity();
  }
};

/// A convolution of codes with what follows it, computed in one go:
/// Conv -> activation -> range -> [inner rounding] -> [+ residual] -> final range.
struct FusedConv {
  size_t node = 0;
  ValueId input = kNoValue;           // codes
  std::vector<float> slopes;          // for sums < 0, per output channel of the Conv; empty: none
  Range range;                        // of the activation
  std::optional<Quantization> inner;  // rounding before the residual is added
  ValueId residual = kNoValue;        // codes
  Range final_range;
  std::optional<DepthToSpace> shuffle;  // how output channels spread over pixels when stored
};

/// The picture's bytes as codes of a FakeQuantize'd graph input.
struct ReadCodes {
  ValueId output = kNoValue;
};

/// The picture's bytes as the float graph input.
struct ReadFloats {
  ValueId output = kNoValue;
};

struct ConvToCodes {
  FusedConv conv;
  ValueId output = kNoValue;
};

struct ConvToFloats {
  FusedConv conv;
  ValueId output = kNoValue;
};

/// The network's end: last convolution, enlarged input added, stored as the picture's bytes.
struct ConvToPixels {
  enum class Anchor : uint8_t {
    kNone,
    kNearest,  // the picture itself, every pixel repeated; nothing is computed beforehand
    kTensor,   // any float tensor
  };
  FusedConv conv;
  Anchor anchor = Anchor::kNone;
  ValueId anchor_value = kNoValue;  // kNearest: the graph input or its FakeQuantize
  bool anchor_is_shuffled = true;   // kTensor: it has the output's extents, not the Conv's
};

/// Elementwise functions of one value of codes, as tables of 256 codes.
struct ApplyTable {
  ValueId input = kNoValue;
  ValueId output = kNoValue;
  // [table][code of the input] -> code of the output; one table, or one per channel.
  std::vector<uint8_t> tables;
};

/// Arithmetic of two values of codes.
struct CombineCodes {
  Binary::Kind kind = Binary::Kind::kAdd;
  ValueId a = kNoValue;
  ValueId b = kNoValue;
  Range range;
  ValueId output = kNoValue;
};

/// An elementwise function of two values of codes, as one table. Either may have an extent of 1
/// where the output has more.
struct ApplyPairTable {
  ValueId a = kNoValue;
  ValueId b = kNoValue;
  ValueId output = kNoValue;
  std::vector<uint8_t> table;  // [code of a][code of b] -> code of the output
};

/// A node whose results are made of several codes of its input, and rounded: see sum_steps.h.
struct SumCodes {
  size_t node = 0;
  ValueId input = kNoValue;
  ValueId output = kNoValue;
};

/// Concat or another node that moves codes, or chooses among them: see CanMove. Inputs of a Concat
/// may be quantized differently than the output.
struct MoveCodes {
  size_t node = 0;
  ValueId output = kNoValue;
};

struct QuantizeFloats {
  ValueId input = kNoValue;
  ValueId output = kNoValue;
};

/// Codes of a value as floats of the same value.
struct DequantizeCodes {
  ValueId value = kNoValue;
};

/// Any node, in float.
struct RunFloat {
  size_t node = 0;
};

/// The graph's output as the picture's bytes.
struct WriteCodes {
  ValueId input = kNoValue;
};
struct WriteFloats {
  ValueId input = kNoValue;
};

using Operation = std::variant<ReadCodes, ReadFloats, ConvToCodes, ConvToFloats, ConvToPixels,
                               ApplyTable, CombineCodes, ApplyPairTable, SumCodes, MoveCodes,
                               QuantizeFloats, DequantizeCodes, RunFloat, WriteCodes, WriteFloats>;

struct Instruction {
  Operation operation;
  // The tensors it needs, for planning memory.
  std::vector<ValueId> reads_codes = {};
  std::vector<ValueId> reads_floats = {};
  ValueId writes_codes = kNoValue;
  ValueId writes_floats = kNoValue;
};

/// Where a node of the graph runs.
enum class Placement : uint8_t {
  kFused,  // inside another node's instruction, or not at all
  kInt8,
  kFloat,
};

struct Program {
  std::vector<Instruction> instructions;
  // Per value: its quantization where codes are (or can be) kept of it.
  std::vector<std::optional<Quantization>> quantization;
  std::vector<Placement> placements;  // per node
};

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_PROGRAM_H_
