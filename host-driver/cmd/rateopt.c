/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/rateopt.h"

#include <errno.h>
#include <string.h>

#include "traffic/number.h"

int rate_parse(const char *text, struct nic_pacing *out)
{
    const char *unit = "";
    uint64_t milli = 0;

    if (number_parse_milli(text, &unit, &milli) != 0 || milli == 0)
        return -EINVAL;
    if (strcmp(unit, "pps") == 0)
        *out = (struct nic_pacing){.how = NIC_PACE_PPS, .rate = milli};
    else if (strcmp(unit, "bps") == 0 && milli >= 1000)
        *out = (struct nic_pacing){.how = NIC_PACE_BPS, .rate = milli / 1000};
    else
        return -EINVAL;
    return 0;
}
