/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* dma ADAPTER 10: the DEVICE_DESCRIPTION that the driver passed. */
#include "cmd_dma.h"

#include "words.h"

struct description {
	uint32_t region;
	uint64_t adapter;
	uint32_t version, bus_number, channel, width, speed, port, address_width, controller,
		request_line;
	uint64_t maximum_length, device_address;
	bool master, scatter_gather, demand_mode, auto_initialize, dma32, dma64, ignore_count;
	const char *interface;
	uint64_t version3;
};

static const struct dmv_col description_cols[] = {
	DMV_COL(struct description, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct description, adapter, "", DMV_S_ADDR, "its adapter"),
	DMV_COL(struct description, version, "", DMV_S_CODE, "Version"),
	DMV_COL(struct description, master, "", DMV_S_BOOL, "Master"),
	DMV_COL(struct description, scatter_gather, "", DMV_S_BOOL, "ScatterGather"),
	DMV_COL(struct description, demand_mode, "", DMV_S_BOOL, "DemandMode"),
	DMV_COL(struct description, auto_initialize, "", DMV_S_BOOL, "AutoInitialize"),
	DMV_COL(struct description, dma32, "", DMV_S_BOOL, "Dma32BitAddresses"),
	DMV_COL(struct description, dma64, "", DMV_S_BOOL, "Dma64BitAddresses"),
	DMV_COL(struct description, ignore_count, "", DMV_S_BOOL, "IgnoreCount"),
	DMV_COL(struct description, bus_number, "", DMV_S_CODE, "BusNumber"),
	DMV_COL(struct description, channel, "", DMV_S_CODE, "DmaChannel"),
	DMV_COL(struct description, interface, "", DMV_S_STR, "InterfaceType"),
	DMV_COL(struct description, width, "", DMV_S_CODE, "DmaWidth"),
	DMV_COL(struct description, speed, "", DMV_S_CODE, "DmaSpeed"),
	DMV_COL(struct description, maximum_length, "", DMV_S_HEX, "MaximumLength"),
	DMV_COL(struct description, port, "", DMV_S_CODE, "DmaPort"),
	DMV_COL(struct description, address_width, "", DMV_S_CODE, "DmaAddressWidth"),
	DMV_COL(struct description, controller, "", DMV_S_CODE, "DmaControllerInstance"),
	DMV_COL(struct description, request_line, "", DMV_S_CODE, "DmaRequestLine"),
	DMV_COL(struct description, device_address, "", DMV_S_ADDR, "DeviceAddress"),
	DMV_COL(struct description, version3, NULL, DMV_S_MARK, ""),
	{ 0 }
};

static const struct dmv_table description_table = {
	"device_description", description_cols,
	"\n"
	"   Device description:\n"
	"      Version:           {version}\n"
	"      Master:            {master}\n"
	"      ScatterGather:     {scatter_gather}\n"
	"      DemandMode:        {demand_mode}\n"
	"      AutoInitialize:    {auto_initialize}\n"
	"      Dma32BitAddresses: {dma32}\n"
	"      Dma64BitAddresses: {dma64}\n"
	"      IgnoreCount:       {ignore_count}\n"
	"      BusNumber:         {bus_number}\n"
	"      DmaChannel:        {channel}\n"
	"      InterfaceType:     {interface}\n"
	"      DmaWidth:          {width}\n"
	"      DmaSpeed:          {speed}\n"
	"      MaximumLength:     {maximum_length}\n"
	"      DmaPort:           {port}\n"
	"?version3|      DmaAddressWidth:   {address_width}\n"
	"?version3|      DmaController:     {controller}\n"
	"?version3|      DmaRequestLine:    {request_line}\n"
	"?version3|      DeviceAddress:     {device_address}\n"
};

bool dmv_dma_description(struct dmv_ses *s, uint32_t a, const struct dmv_dma_sorted *g)
{
	const struct dmv_adapter_fact *x = &s->facts.adapter[a];
	const struct dmv_description *p = &x->description;
	struct description d = { .region = x->region,
				 .adapter = x->handle,
				 .version = p->version,
				 .bus_number = p->bus_number,
				 .channel = p->channel,
				 .width = p->width,
				 .speed = p->speed,
				 .port = p->port,
				 .address_width = p->address_width,
				 .controller = p->controller,
				 .request_line = p->request_line,
				 .maximum_length = p->maximum_length,
				 .device_address = p->device_address,
				 .master = p->master,
				 .scatter_gather = p->scatter_gather,
				 .demand_mode = p->demand_mode,
				 .auto_initialize = p->auto_initialize,
				 .dma32 = p->dma32,
				 .dma64 = p->dma64,
				 .ignore_count = p->ignore_count,
				 .interface = dmv_interface_word(p->interface_type),
				 .version3 = p->version >= 3 ? 3 : UINT64_MAX };

	(void)g;
	dmv_out_table(s->out, &description_table);
	if (p->present)
		return dmv_out_row(s->out, &description_table, &d);
	dmv_out_line(s->out, "\n   Device description: not kept");
	return true;
}
