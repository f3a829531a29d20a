/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Common buffers of pages the driver has already: all of an MDL, and a part of a chain. */
#include "ex.h"

#define CONFIG DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION

static const struct driver_part part[] = { { 0, 0x2000 }, { 0x3000, 0x2000 } };

static NTSTATUS create(const struct ex *x, PMDL mdl, CONFIG *config, ULONG n,
		       PHYSICAL_ADDRESS *bus)
{
	return x->ops->CreateCommonBufferFromMdl(x->adapter, mdl, config, n, bus);
}

static void use(const struct ex *x, uint8_t *va, PHYSICAL_ADDRESS bus, ULONG bytes)
{
	device_fill(x->dev, (uint64_t)bus.QuadPart, 0x5A, bytes);
	driver_need(x->dev, driver_all(va, 0x5A, bytes), "the data did not arrive");
	x->ops->FreeCommonBuffer(x->adapter, bytes, bus, va, TRUE);
}

void drive_clean_buffer_of_mdl(struct test_device *dev)
{
	struct ex x = ex_begin(dev, 5 * PAGE_SIZE, TRUE);
	uint8_t *buffer = driver_pages(5);
	PMDL mdl = driver_chain(dev, buffer, part, 2), odd = driver_mdl(dev, buffer, 0x1800);
	CONFIG config[2] = { { .ConfigType = CommonBufferConfigTypeSubSection } };
	PHYSICAL_ADDRESS bus;

	driver_need(dev, NT_SUCCESS(create(&x, mdl->Next, NULL, 0, &bus)), "no buffer of an MDL");
	use(&x, buffer + 0x3000, bus, 0x2000);
	config[0].SubSection.Offset = 0x3000;
	config[0].SubSection.Length = 0x1000;
	driver_need(dev, NT_SUCCESS(create(&x, mdl, config, 1, &bus)), "no buffer of a part");
	use(&x, buffer + 0x4000, bus, 0x1000);

	driver_need(dev, create(&x, odd, NULL, 0, &bus) == STATUS_INVALID_PARAMETER,
		    "of half a page");
	driver_need(dev, create(&x, mdl, NULL, 0, &bus) == STATUS_INVALID_PARAMETER,
		    "of two MDLs");
	config[1] = config[0];
	driver_need(dev, create(&x, mdl, config, 2, &bus) == STATUS_INVALID_PARAMETER,
		    "two parts at once");
	config[0].SubSection.Offset = 0x1000;
	config[0].SubSection.Length = 0x2000;
	driver_need(dev, create(&x, mdl, config, 1, &bus) == STATUS_INVALID_PARAMETER,
		    "of a part that lies in two MDLs");
	config[0] = (CONFIG){ .ConfigType = CommonBufferConfigTypeHardwareAccessPermissions,
			      .HardwareAccessType = CommonBufferHardwareAccessReadOnly };
	driver_need(dev, create(&x, mdl->Next, config, 1, &bus) == STATUS_INVALID_PARAMETER,
		    "to be read only");
	IoFreeMdl(odd);
	driver_chain_free(mdl);
	driver_pages_free(buffer, 5);
	ex_end(&x);
}
