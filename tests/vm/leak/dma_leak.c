// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
/*
 * A driver of QEMU's edu device that makes the mistakes dma-debug keeps record of: it never checks
 * one kind of mapping, maps memory twice for the device to write, and unmaps nothing when it goes.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>

enum { SEGMENTS = 3, UNCHECKED = 4, PAIR = 0x600 };

static noinline int leak_checked(struct device *dev, void *p, size_t n, enum dma_data_direction to)
{
	return dma_mapping_error(dev, dma_map_single(dev, p, n, to));
}

static noinline void leak_unchecked(struct device *dev, char *p)
{
	for (int i = 0; i < UNCHECKED; i++)
		dma_map_single(dev, p + 512 * i, 512, DMA_TO_DEVICE);
	barrier();
}

static noinline int leak_list(struct device *dev, char *p)
{
	struct scatterlist sg[SEGMENTS];

	sg_init_table(sg, SEGMENTS);
	for (int i = 0; i < SEGMENTS; i++)
		sg_set_buf(&sg[i], p + 2 * PAGE_SIZE * i, 0x100 << i);
	return dma_map_sg(dev, sg, SEGMENTS, DMA_TO_DEVICE) == SEGMENTS ? 0 : -EIO;
}

static int leak_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	char *p = (char *)__get_free_pages(GFP_KERNEL | __GFP_ZERO | GFP_DMA32, 4);
	dma_addr_t bus;
	int err = pcim_enable_device(pdev);

	if (err || !p)
		return err ? err : -ENOMEM;
	pci_set_master(pdev);
	err = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(28));
	if (err || !dma_alloc_coherent(dev, 0x1800, &bus, GFP_KERNEL))
		return err ? err : -ENOMEM;
	err = leak_checked(dev, p, PAIR, DMA_FROM_DEVICE) |
	      leak_checked(dev, p + PAIR - 64, PAIR, DMA_BIDIRECTIONAL) |
	      leak_checked(dev, p + PAGE_SIZE, PAIR, DMA_TO_DEVICE) |
	      leak_list(dev, p + 8 * PAGE_SIZE);
	leak_unchecked(dev, p + 4 * PAGE_SIZE);
	dma_map_resource(dev, pci_resource_start(pdev, 0), PAGE_SIZE, DMA_BIDIRECTIONAL, 0);
	return err;
}

static void leak_remove(struct pci_dev *pdev)
{
}

static const struct pci_device_id leak_ids[] = { { PCI_DEVICE(0x1234, 0x11e8) }, { } };
MODULE_DEVICE_TABLE(pci, leak_ids);

static struct pci_driver leak_driver = {
	.name = "dma_leak", .id_table = leak_ids, .probe = leak_probe, .remove = leak_remove,
};
module_pci_driver(leak_driver);

MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("mistakes that dma-debug keeps record of");
