/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engines' registers. An access must have the register's width, alignment
 * and direction; anything else is an access fault.
 */
#include "device/dev.h"

static enum bus_result read_port(const struct port *p, uint32_t reg, uint64_t *v)
{
    switch (reg) {
    case NIC_MMIO_PORT_COOKIE:
        *v = p->cookie;
        break;
    case NIC_MMIO_PORT_COOKIE_FRAGS:
        *v = p->cookie_frags;
        break;
    case NIC_MMIO_PORT_FRAME_MAX:
        *v = p->frame_max;
        break;
    case NIC_MMIO_PORT_ENABLE:
        *v = p->enabled;
        break;
    case NIC_MMIO_PORT_RX_PACKETS:
        *v = p->rx_packets;
        break;
    case NIC_MMIO_PORT_RX_BYTES:
        *v = p->rx_bytes;
        break;
    case NIC_MMIO_PORT_TX_PACKETS:
        *v = p->tx_packets;
        break;
    case NIC_MMIO_PORT_TX_BYTES:
        *v = p->tx_bytes;
        break;
    default:
        return BUS_FAULT;
    }
    return BUS_OK;
}

static enum bus_result read_rxq(const struct hostq *q, uint32_t reg, uint64_t *v)
{
    switch (reg) {
    case NIC_MMIO_RXQ_RING:
        *v = q->ring;
        break;
    case NIC_MMIO_RXQ_CQ:
        *v = q->cq;
        break;
    case NIC_MMIO_RXQ_SIZE:
        *v = q->size;
        break;
    case NIC_MMIO_RXQ_VECTOR:
        *v = q->vector;
        break;
    case NIC_MMIO_RXQ_ENABLE:
        *v = q->enabled;
        break;
    default:
        return BUS_FAULT;
    }
    return BUS_OK;
}

/* What the configuration says. */
static bool read_constant(const struct nic_device *dev, uint32_t reg, uint64_t *v)
{
    switch (reg) {
    case NIC_MMIO_HARTS:
        *v = dev->harts;
        return true;
    case NIC_MMIO_M_ENGINES:
        *v = dev->engines;
        return true;
    case NIC_MMIO_M_THREADS:
        *v = dev->threads;
        return true;
    case NIC_MMIO_M_PORTS:
        *v = dev->cfg.port_count;
        return true;
    case NIC_MMIO_M_LOCAL_SIZE:
        *v = dev->cfg.local_size;
        return true;
    case NIC_MMIO_M_ISTORE_SIZE:
        *v = dev->cfg.istore_size;
        return true;
    case NIC_MMIO_M_SRAM_SIZE:
        *v = dev->cfg.sram_size;
        return true;
    case NIC_MMIO_M_RXQS_MAX:
        *v = dev->cfg.host_rx_queues;
        return true;
    case NIC_MMIO_M_DRAM_SIZE:
        *v = dev->cfg.dram_size;
        return true;
    case NIC_MMIO_SEED:
        *v = dev->cfg.run_seed;
        return true;
    default:
        return false;
    }
}

static bool read_state(const struct nic_device *dev, uint32_t hart, uint32_t reg, uint64_t *v)
{
    const struct dma_transfer *dma = &dev->hart[hart].dma.reg;

    switch (reg) {
    case NIC_MMIO_FW_STATUS:
        *v = dev->fw_status;
        return true;
    case NIC_MMIO_M_ADM_SQ_BASE:
        *v = dev->adm_sq_base;
        return true;
    case NIC_MMIO_M_ADM_CQ_BASE:
        *v = dev->adm_cq_base;
        return true;
    case NIC_MMIO_M_ADM_SIZE:
        *v = dev->adm_size;
        return true;
    case NIC_MMIO_M_ADM_VECTOR:
        *v = dev->adm_vector;
        return true;
    case NIC_MMIO_ADM_SQ_TAIL:
        *v = dev->adm_sq_tail;
        return true;
    case NIC_MMIO_ADM_CQ_HEAD:
        *v = dev->adm_cq_head;
        return true;
    case NIC_MMIO_EVQ_HEAD:
        *v = dev->evq_head;
        return true;
    case NIC_MMIO_DMA_IOVA:
        *v = dma->iova;
        return true;
    case NIC_MMIO_DMA_ADDR:
        *v = dma->addr;
        return true;
    case NIC_MMIO_DMA_LEN:
        *v = dma->len;
        return true;
    case NIC_MMIO_PKT_SEQ_NEXT:
        *v = dev->pool.seq;
        return true;
    case NIC_MMIO_PKT_SEQ_DONE:
        *v = bufpool_watermark(dev);
        return true;
    case NIC_MMIO_RSS_QUEUES:
        *v = dev->rss_queues;
        return true;
    default:
        return false;
    }
}

static enum bus_result reg_read(struct nic_device *dev, const struct reg_row *row, uint32_t index,
                                struct bus_req *r)
{
    uint32_t reg = row->offset;

    switch (reg) {
    case NIC_MMIO_CTL_EVENT:
        return ctl_event(dev, r);
    case NIC_MMIO_DMA_STATUS:
        return dma_status(dev, r);
    default:
        break;
    }
    if (row->count == NIC_PORTS_MAX)
        return index < dev->cfg.port_count ? read_port(&dev->port[index], reg, &r->data)
                                           : BUS_FAULT;
    if (row->count == NIC_RXQS_LIMIT)
        return index < dev->cfg.host_rx_queues ? read_rxq(&dev->rxq[index], reg, &r->data)
                                               : BUS_FAULT;
    if (read_constant(dev, reg, &r->data) || read_state(dev, r->hart, reg, &r->data))
        return BUS_OK;
    return BUS_FAULT;
}

static enum bus_result write_port(struct nic_device *dev, uint32_t port, uint32_t reg,
                                  const struct bus_req *r)
{
    if (port >= dev->cfg.port_count)
        return BUS_FAULT;
    if (reg == NIC_MMIO_PORT_COOKIE)
        dev->port[port].cookie = r->data;
    else if (reg == NIC_MMIO_PORT_COOKIE_FRAGS)
        dev->port[port].cookie_frags = r->data;
    else if (reg == NIC_MMIO_PORT_FRAME_MAX)
        mac_frame_max(dev, port, (uint32_t)r->data);
    else if (reg == NIC_MMIO_PORT_ENABLE)
        mac_enable(dev, port, (r->data & 1u) != 0, r->now);
    else
        return BUS_FAULT;
    return BUS_OK;
}

static enum bus_result write_rxq(struct nic_device *dev, uint32_t q, uint32_t reg, uint64_t v)
{
    if (q >= dev->cfg.host_rx_queues)
        return BUS_FAULT;
    switch (reg) {
    case NIC_MMIO_RXQ_RING:
        dev->rxq[q].ring = v;
        break;
    case NIC_MMIO_RXQ_CQ:
        dev->rxq[q].cq = v;
        break;
    case NIC_MMIO_RXQ_SIZE:
        dev->rxq[q].size = (uint32_t)v;
        break;
    case NIC_MMIO_RXQ_VECTOR:
        dev->rxq[q].vector = (uint32_t)v;
        break;
    case NIC_MMIO_RXQ_ENABLE:
        hostq_enable(dev, q, (v & 1u) != 0);
        break;
    default:
        return BUS_FAULT;
    }
    return BUS_OK;
}

/* Values that RSS cannot use are ignored. */
static void write_rss(struct nic_device *dev, uint64_t v)
{
    if (v >= 1 && v <= dev->cfg.host_rx_queues)
        dev->rss_queues = (uint32_t)v;
}

static enum bus_result reg_write(struct nic_device *dev, const struct reg_row *row, uint32_t index,
                                 struct bus_req *r)
{
    struct dma_transfer *dma = &dev->hart[r->hart].dma.reg;

    if (row->count == NIC_PORTS_MAX)
        return write_port(dev, index, row->offset, r);
    if (row->count == NIC_RXQS_LIMIT)
        return write_rxq(dev, index, row->offset, r->data);
    switch (row->offset) {
    case NIC_MMIO_FW_STATUS:
        dev->fw_status = (uint32_t)r->data;
        return BUS_OK;
    case NIC_MMIO_FATAL:
        fault_hart(dev, "firmware called FATAL", r->hart, r->data);
        return BUS_OK;
    case NIC_MMIO_WAKE_NS:
        wake_set(dev, r->hart, r->data, r->now);
        return BUS_OK;
    case NIC_MMIO_DMA_IOVA:
        dma->iova = r->data;
        return BUS_OK;
    case NIC_MMIO_DMA_ADDR:
        dma->addr = r->data;
        return BUS_OK;
    case NIC_MMIO_DMA_LEN:
        dma->len = (uint32_t)r->data;
        return BUS_OK;
    case NIC_MMIO_DMA_CMD:
        return dma_start(dev, r);
    case NIC_MMIO_MSIX_RAISE:
        msix_raise(dev, (uint32_t)r->data);
        return BUS_OK;
    case NIC_MMIO_RSS_QUEUES:
        write_rss(dev, r->data);
        return BUS_OK;
    default:
        return BUS_FAULT;
    }
}

static enum bus_result any_register(struct nic_device *dev, struct bus_req *r, uint64_t offset)
{
    uint32_t index = 0;
    const struct reg_row *row = regmap_mmio(&dev->regs, offset, &index);

    if (row == NULL || r->bytes != row->bytes || offset % row->bytes != 0)
        return BUS_FAULT;
    if (r->op == BUS_LOAD) {
        r->done = r->now + dev->mmio_latency;
        return row->access == REG_WO ? BUS_FAULT : reg_read(dev, row, index, r);
    }
    r->done = r->now;
    if (r->op != BUS_STORE || row->access == REG_RO || row->access == REG_RB)
        return BUS_FAULT;
    if (r->bytes == 4)
        r->data = (uint32_t)r->data;
    return reg_write(dev, row, index, r);
}

/* First the two that every packet needs. */
enum bus_result mmio_access(struct nic_device *dev, struct bus_req *r)
{
    uint64_t offset = r->addr - NIC_MMIO_BASE;

    if (offset == NIC_MMIO_WQ_GET && r->op == BUS_LOAD && r->bytes == 8) {
        r->done = r->now + dev->mmio_latency;
        return wq_get(dev, r);
    }
    if (offset == NIC_MMIO_PKT_CMD && r->op == BUS_STORE && r->bytes == 8) {
        r->done = r->now;
        return wq_command(dev, r);
    }
    return any_register(dev, r, offset);
}
