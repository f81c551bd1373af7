/* SPDX-License-Identifier: BSD-3-Clause */
#include "frames.h"

#include <stdio.h>
#include <string.h>

#include "offload/refint.h"
#include "offload/verifier.h"

#define CTX       0x1000u
#define PACKET    0x100000u
#define STACK_TOP 0x80000u

bool converted_make(const struct cbpf_insn *in, uint32_t count, struct converted *out)
{
    static const struct cbpf_verdicts verdicts = {MATCH, OTHER};
    struct offload_verify_opts opts = {.allow_uninit_stack = false};
    struct offload_facts *facts = NULL;
    struct offload_refusal why = {0};
    struct offload_prog prog = {.name = "filter"};

    if (offload_cbpf_convert(in, count, &verdicts, &out->insns, &out->count, &why) != 0) {
        printf("instruction %u: %s\n", why.insn, why.reason);
        return false;
    }
    prog.insns = out->insns;
    prog.insn_count = out->count;
    if (offload_verify(&prog, &opts, NULL, &facts, &why) != 0) {
        printf("verifier, instruction %u: %s\n", why.insn, why.reason);
        return false;
    }
    offload_facts_free(facts);
    return true;
}

uint32_t converted_run(const struct converted *c, const uint8_t *data, uint32_t len)
{
    uint8_t packet[65536] = {0};
    uint32_t ctx[6] = {PACKET, PACKET + len, PACKET};
    struct refint_region regions[] = {
        {CTX, sizeof(ctx), (uint8_t *)ctx, false},
        {PACKET, len, packet, true},
    };
    struct offload_prog prog = {.name = "filter", .insns = c->insns, .insn_count = c->count};
    struct refint_config cfg = {
        .regions = regions, .region_count = len != 0 ? 2 : 1, .stack_top = STACK_TOP, .r1 = CTX};
    struct refint_result result;

    memcpy(packet, data, len);
    return refint_run(&prog, &cfg, &result) == REFINT_EXIT ? (uint32_t)result.r0 : 0xdead;
}
