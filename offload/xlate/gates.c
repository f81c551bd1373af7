/* SPDX-License-Identifier: BSD-3-Clause */
/* Arguments of what lies behind the gates. */
#include "xlate/xlate.h"

unsigned xlate_gate_args(uint32_t gate)
{
    struct offload_proto proto;

    if (gate == OFFLOAD_GATE_TAIL_NESTED)
        gate = OFFLOAD_GATE_TAIL;
    if (gate >= OFFLOAD_GATE_KFUNC)
        offload_kfunc_proto(gate - OFFLOAD_GATE_KFUNC, &proto);
    else
        offload_helper_proto(gate, &proto);
    return proto.args;
}
