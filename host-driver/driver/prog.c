/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs: reserve instruction store, link the image to where it lands, load, attach. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/driver_impl.h"

/*
 * Where the hash maps that the code looks into lie, into link->value_addr and link->seed, which
 * are the caller's to write.
 */
static int find_hashes(struct nicdrv *drv, const struct offload_image *img,
                       const struct nicdrv_map *const *maps, const struct offload_link *link,
                       uint32_t *value_addr, uint32_t *seed)
{
    for (uint32_t k = 0; k < img->reloc_count; k++) {
        uint32_t index = img->relocs[k].index;
        uint16_t kind = img->relocs[k].kind;
        bool value = kind == OFFLOAD_RELOC_VALUE || kind == OFFLOAD_RELOC_VALUE_NEAR;
        if (!value || index >= link->map_count || value_addr[index])
            continue;
        int rc = map_hash(drv, maps[index], &value_addr[index], &seed[index]);
        if (rc)
            return rc;
    }
    return 0;
}

/* The image, relocated for `base`, in *out (owned by the caller). */
static int link_image(struct nicdrv *drv, const struct offload_image *img,
                      const struct nicdrv_map *const *maps, uint32_t map_count, uint32_t base,
                      uint32_t **out)
{
    uint32_t *addrs = calloc(map_count ? 3 * (size_t)map_count : 1, sizeof(*addrs));
    uint32_t *code = calloc(img->code_words, sizeof(*code));
    int rc = -ENOMEM;

    if (!addrs || !code)
        goto out;
    for (uint32_t i = 0; i < map_count; i++) {
        addrs[i] = maps[i]->handle;
        addrs[map_count + i] = maps[i]->value_addr;
    }
    struct offload_link link = {
        .base = base,
        .gate_base = drv->caps.prog.gate_base,
        .map_addr = addrs,
        .value_addr = addrs + map_count,
        .seed = addrs + 2 * (size_t)map_count,
        .map_count = map_count,
    };
    rc = find_hashes(drv, img, maps, &link, addrs + map_count, addrs + 2 * (size_t)map_count);
    if (!rc)
        rc = offload_image_link(img, &link, code);
out:
    free(addrs);
    if (rc)
        free(code);
    else
        *out = code;
    return rc;
}

static int load_image(struct nicdrv *drv, const struct offload_image *img,
                      const struct nicdrv_map *const *maps, uint32_t map_count,
                      const struct nicdrv_prog *prog, struct nic_err *err)
{
    uint32_t *code;
    int rc = link_image(drv, img, maps, map_count, prog->base, &code);

    if (rc)
        return nic_err_set(err, rc, "cannot link the program at 0x%08x: %s", prog->base,
                           strerror(-rc));
    struct fw_sqe sqe = {
        .op = FW_ADMIN_PROG_LOAD,
        .handle = prog->handle,
        .arg0 = (uint64_t)img->entry_word * 4,
        .arg1 = img->frags ? FW_PROG_FRAGS : 0,
    };
    struct admin_io io = {.in = code, .value_len = prog->bytes};
    rc = admin_exec(drv, &sqe, &io, NULL);
    free(code);
    if (rc)
        return nic_err_set(err, rc, "the firmware refused the program's code: %s", strerror(-rc));
    return 0;
}

bool nicdrv_costs_by_class(const struct nicdrv *drv)
{
    const struct nicdrv_link_ops *ops = drv->link->ops;

    return ops->code_classes && ops->code_classes(drv->link, 0, NULL, 0) > 0;
}

static int tell_classes(struct nicdrv *drv, const struct offload_image *img, uint32_t base)
{
    uint8_t *classes;
    int rc;

    if (!nicdrv_costs_by_class(drv))
        return 0;
    classes = calloc(img->code_words, sizeof(*classes));
    if (!classes)
        return -ENOMEM;
    for (uint32_t k = 0; k < img->row_count; k++)
        classes[img->rows[k].word] = (uint8_t)img->rows[k].insn_class;
    rc = drv->link->ops->code_classes(drv->link, base, classes, img->code_words);
    free(classes);
    return rc < 0 ? rc : 0;
}

int nicdrv_prog_create(struct nicdrv *drv, const struct offload_image *img,
                       const struct nicdrv_map *const *maps, uint32_t map_count,
                       struct nicdrv_prog *out, struct nic_err *err)
{
    uint64_t bytes = (uint64_t)img->code_words * 4, result;
    struct fw_sqe sqe = {
        .op = FW_ADMIN_PROG_CREATE, .arg0 = bytes, .arg1 = (img->stack_bytes + 15) & ~15u};
    struct admin_io io = {0};

    if (!bytes || bytes > NIC_ISTORE_MAX || img->entry_word >= img->code_words)
        return nic_err_set(err, -EINVAL, "a program image of %llu bytes is not valid",
                           (unsigned long long)bytes);
    int rc = admin_exec(drv, &sqe, &io, &result);
    if (rc)
        return nic_err_set(err, rc, "no room for %llu bytes of code (%u bytes were free): %s",
                           (unsigned long long)bytes, drv->caps.prog.istore_free, strerror(-rc));
    struct nicdrv_prog prog = {
        .handle = (uint32_t)result,
        .base = (uint32_t)(result >> 32),
        .bytes = (uint32_t)bytes,
    };
    rc = load_image(drv, img, maps, map_count, &prog, err);
    if (!rc && (rc = tell_classes(drv, img, prog.base)))
        (void)nic_err_set(err, rc, "cannot model the program's code: %s", strerror(-rc));
    if (rc)
        (void)nicdrv_prog_destroy(drv, &prog);
    else
        *out = prog;
    return rc;
}

int nicdrv_prog_destroy(struct nicdrv *drv, const struct nicdrv_prog *prog)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_PROG_DESTROY, .handle = prog->handle};
    struct admin_io io = {0};

    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_prog_attach(struct nicdrv *drv, const struct nicdrv_prog *prog, unsigned port,
                       bool replace)
{
    struct fw_sqe sqe = {
        .op = FW_ADMIN_PROG_ATTACH,
        .handle = prog->handle,
        .arg0 = port,
        .arg1 = replace,
    };
    struct admin_io io = {0};

    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_prog_detach(struct nicdrv *drv, unsigned port)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_PROG_DETACH, .arg0 = port};
    struct admin_io io = {0};

    return admin_exec(drv, &sqe, &io, NULL);
}
