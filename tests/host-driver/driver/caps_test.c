/* SPDX-License-Identifier: BSD-3-Clause */
/* Capability TLVs from firmware that may be wrong. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "driver/driver_impl.h"
#include "fake_nic.h"

static uint8_t good[IDENTIFY_ROOM];
static size_t good_len;

static void make_good(void)
{
    struct fake_fw *fw = fake_fw_create();

    good_len = fake_fw_tlvs(fw, good, sizeof(good));
    fake_fw_destroy(fw);
}

static int parse(const uint8_t *tlvs, size_t len, struct nicdrv_caps *caps)
{
    struct nic_err err = {""};

    memset(caps, 0, sizeof(*caps));
    int rc = caps_parse(tlvs, len, caps, &err);
    CU_ASSERT_EQUAL(rc != 0, err.msg[0] != '\0');
    return rc;
}

/* Appends one TLV in front of END, into a copy. */
static size_t with(uint8_t *out, uint16_t type, const void *value, uint16_t len)
{
    struct fw_tlv t = {.type = type, .len = len};
    size_t at = good_len - sizeof(t), padded = ((size_t)len + 7) / 8 * 8;

    memcpy(out, good, at);
    memcpy(out + at, &t, sizeof(t));
    memset(out + at + sizeof(t), 0, padded + sizeof(t));
    memcpy(out + at + sizeof(t), value, len);
    return at + sizeof(t) + padded + sizeof(t);
}

static void test_good(void)
{
    struct nicdrv_caps caps;

    make_good();
    CU_ASSERT_EQUAL(parse(good, good_len, &caps), 0);
    CU_ASSERT_EQUAL(caps.abi, FW_ABI_VERSION);
    CU_ASSERT_STRING_EQUAL(caps.firmware, "fake 1");
    CU_ASSERT_EQUAL(caps.map_type_count, 2);
    CU_ASSERT_EQUAL(caps.map_types[1].value_max, 4096);
    CU_ASSERT_EQUAL(caps.prog.stack_bytes, 8192);
}

static void test_unknown_type_is_skipped(void)
{
    uint8_t tlvs[IDENTIFY_ROOM];
    struct nicdrv_caps caps;

    make_good();
    size_t len = with(tlvs, 999, "abcdefghijk", 11);
    CU_ASSERT_EQUAL(parse(tlvs, len, &caps), 0);
    CU_ASSERT_EQUAL(caps.map_type_count, 2);
}

static void test_wrong_length(void)
{
    uint8_t tlvs[IDENTIFY_ROOM], junk[64] = {0};
    struct nicdrv_caps caps;

    make_good();
    CU_ASSERT_EQUAL(parse(tlvs, with(tlvs, FW_CAP_MAP_TYPE, junk, 15), &caps), -EPROTO);
    CU_ASSERT_EQUAL(parse(tlvs, with(tlvs, FW_CAP_MAP_TYPE, junk, 17), &caps), -EPROTO);
    CU_ASSERT_EQUAL(parse(tlvs, with(tlvs, FW_CAP_MAP_TYPE, junk, 0), &caps), -EPROTO);
}

static void test_twice(void)
{
    uint8_t tlvs[IDENTIFY_ROOM];
    uint32_t abi = FW_ABI_VERSION;
    struct nicdrv_caps caps;

    make_good();
    CU_ASSERT_EQUAL(parse(tlvs, with(tlvs, FW_CAP_ABI, &abi, 4), &caps), -EPROTO);
}

static void test_other_abi(void)
{
    struct nicdrv_caps caps;

    make_good();
    good[sizeof(struct fw_tlv)]++; /* ABI is the first */
    CU_ASSERT_EQUAL(parse(good, good_len, &caps), -EPROTO);
}

static void test_too_many_map_types(void)
{
    static uint8_t tlvs[200 * 24 + IDENTIFY_ROOM];
    struct fw_tlv t = {.type = FW_CAP_MAP_TYPE, .len = sizeof(struct fw_cap_map)};
    struct nicdrv_caps caps;

    make_good();
    size_t at = good_len - sizeof(t);
    memcpy(tlvs, good, at);
    for (unsigned i = 0; i < 200; i++, at += 24)
        memcpy(tlvs + at, &t, sizeof(t));
    CU_ASSERT_EQUAL(parse(tlvs, at, &caps), -EPROTO);
    CU_ASSERT_EQUAL(caps.map_type_count, 64);
}

static void test_name_is_cleaned(void)
{
    struct fw_tlv t = {.type = FW_CAP_NAME, .len = 200};
    uint8_t tlvs[IDENTIFY_ROOM] = {0};
    struct nicdrv_caps caps;

    memcpy(tlvs, &t, sizeof(t));
    memset(tlvs + sizeof(t), 0x1b, 200);
    CU_ASSERT_EQUAL(parse(tlvs, sizeof(t) + 200, &caps), -EPROTO); /* nothing else in it */
    CU_ASSERT_EQUAL(strlen(caps.firmware), sizeof(caps.firmware) - 1);
    CU_ASSERT_EQUAL(strspn(caps.firmware, "?"), strlen(caps.firmware));
}

/* Every prefix, and every length byte changed: refused or accepted, never read beyond. */
static void test_cut_and_changed(void)
{
    struct nicdrv_caps caps;

    make_good();
    for (size_t len = 0; len < good_len; len++) {
        uint8_t *exact = malloc(len ? len : 1); /* so that a checker sees an overrun */
        memcpy(exact, good, len);
        int rc = caps_parse(exact, len, &caps, NULL);
        CU_ASSERT(rc == 0 || rc == -EPROTO);
        free(exact);
    }
    for (size_t i = 0; i < good_len * 256; i++) {
        uint8_t tlvs[IDENTIFY_ROOM];
        memcpy(tlvs, good, good_len);
        tlvs[i / 256] = (uint8_t)i;
        memset(&caps, 0, sizeof(caps));
        int rc = caps_parse(tlvs, good_len, &caps, NULL);
        if ((rc != 0 && rc != -EPROTO) || caps.map_type_count > 64)
            CU_FAIL("a changed byte broke the parser");
    }
}

static const struct cunit_case cases[] = {
    {"good", test_good},
    {"unknown types are skipped", test_unknown_type_is_skipped},
    {"wrong length", test_wrong_length},
    {"the same twice", test_twice},
    {"another ABI", test_other_abi},
    {"too many map types", test_too_many_map_types},
    {"name is cleaned", test_name_is_cleaned},
    {"cut short, and every byte changed", test_cut_and_changed},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("capabilities", cases);
}
