// Included before XNNPACK's elementwise operators (CMakeLists.txt beside this file): what this project never asks of
// them has no kernel. Each picks its kernel in one switch over operator and data type, so that the linker must keep
// all of them. An operator without a kernel fails with xnn_status_unsupported_parameter.
//
// Kept are the float32 operators that src/engine/xnnpack_steps.cc names. One more there is one line fewer here.
#ifndef TESSERA_USED_KERNELS_H_
#define TESSERA_USED_KERNELS_H_

#include "xnnpack/config.h"
#include "xnnpack/reference-config.h"

// float32: functions that are not used
#define xnn_init_f32_elu_config() NULL
#define xnn_init_f32_exp_config() NULL
#define xnn_init_f32_log_config() NULL
#define xnn_init_f32_rsqrt_config() NULL
#define xnn_init_f32_sqr_config() NULL
#define xnn_init_f32_vcopysign_config() NULL
#define xnn_init_f32_vsqrdiff_config() NULL

// Conversions
#define xnn_init_f16_to_f32_cvt_config() NULL
#define xnn_init_f16_to_qs8_cvt_config() NULL
#define xnn_init_f32_to_f16_cvt_config() NULL
#define xnn_init_f32_to_qp8_cvt_config() NULL
#define xnn_init_f32_to_qs8_cvt_config() NULL
#define xnn_init_f32_to_qu8_cvt_config() NULL
#define xnn_init_qs8_to_f16_cvt_config() NULL
#define xnn_init_qs8_to_f32_cvt_config() NULL
#define xnn_init_qu8_to_f32_cvt_config() NULL

// 8-bit codes: src/engine/int8 has its own
#define xnn_init_qs8_cvt_config() NULL
#define xnn_init_qs8_lrelu_config() NULL
#define xnn_init_qs8_vadd_config() NULL
#define xnn_init_qs8_vmul_config() NULL
#define xnn_init_qu8_cvt_config() NULL
#define xnn_init_qu8_lrelu_config() NULL
#define xnn_init_qu8_vadd_config() NULL
#define xnn_init_qu8_vmul_config() NULL
#define xnn_init_s8_clamp_config() NULL
#define xnn_init_u8_clamp_config() NULL
#define xnn_init_x8_lut_config() NULL

// Plain loops for what has no kernel, for each data type there is
#define xnn_init_unary_reference_config(op, input, output) NULL
#define xnn_init_binary_reference_config(op, type) NULL

#endif  // TESSERA_USED_KERNELS_H_
