// Package aravis takes pictures from GenICam cameras, GigE Vision and USB3
// Vision, through the Aravis library.
//
// The library is loaded when a camera is first asked for, so the program builds
// and runs without it and says then how to get it.
package aravis

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"agurscope/datasets/live"
	"agurscope/datasets/pixel"
)

// ErrUnavailable is a machine without the library.
var ErrUnavailable = errors.New("GigE Vision and USB3 Vision cameras need the Aravis library: install it with “sudo apt install libaravis-0.8-0”")

// Device is a camera that was found.
type Device struct {
	ID, Address, Vendor, Model, Serial string
	Protocol                           string // "GigEVision", "USB3Vision" or "Fake"
}

// Driver reaches one camera.
type Driver struct {
	Name string // an ID as List gives it, or the address of a GigE camera; Fake_1 is drawn by the library itself
	Mode live.Mode
	Line string // of a hardware trigger; "": Line1

	settings live.Settings
}

// order is how settings are put in force: the format before the region, the
// region before what depends on it.
var order = []string{"format", "region", "exposure", "gain", "rate"}

// Settings lists the names that With takes.
func Settings() []string { return order }

// With returns the driver with settings that are put in force at every
// connection.
func (d *Driver) With(settings map[string]string) *Driver {
	d.settings.Replace(settings)
	return d
}

// region reads "x,y,width,height".
func region(s string) (x, y, w, h int, err error) {
	parts := strings.Split(s, ",")
	var v [4]int
	if len(parts) != len(v) {
		return 0, 0, 0, 0, errors.New("a region is x,y,width,height in pixels, such as 0,0,512,512")
	}
	for i, p := range parts {
		if v[i], err = strconv.Atoi(strings.TrimSpace(p)); err != nil || v[i] < 0 || v[i] > 1<<16 || i > 1 && v[i] == 0 {
			return 0, 0, 0, 0, errors.New("a region is x,y,width,height in pixels, such as 0,0,512,512")
		}
	}
	return v[0], v[1], v[2], v[3], nil
}

// codes are the numbers that the pixel formats have on the wire, by the GenICam
// Pixel Format Naming Convention.
var codes = map[uint32]string{
	0x01080001: "Mono8", 0x01100003: "Mono10", 0x010c0004: "Mono10Packed", 0x01100005: "Mono12", 0x010c0006: "Mono12Packed",
	0x01100025: "Mono14", 0x01100007: "Mono16", 0x010a0046: "Mono10p", 0x010c0047: "Mono12p",
	0x01080008: "BayerGR8", 0x01080009: "BayerRG8", 0x0108000a: "BayerGB8", 0x0108000b: "BayerBG8",
	0x0110000c: "BayerGR10", 0x0110000d: "BayerRG10", 0x0110000e: "BayerGB10", 0x0110000f: "BayerBG10",
	0x01100010: "BayerGR12", 0x01100011: "BayerRG12", 0x01100012: "BayerGB12", 0x01100013: "BayerBG12",
	0x0110002e: "BayerGR16", 0x0110002f: "BayerRG16", 0x01100030: "BayerGB16", 0x01100031: "BayerBG16",
	0x010a0052: "BayerBG10p", 0x010a0054: "BayerGB10p", 0x010a0056: "BayerGR10p", 0x010a0058: "BayerRG10p",
	0x010c0053: "BayerBG12p", 0x010c0055: "BayerGB12p", 0x010c0057: "BayerGR12p", 0x010c0059: "BayerRG12p",
	0x010c002a: "BayerGR12Packed", 0x010c002b: "BayerRG12Packed", 0x010c002c: "BayerGB12Packed", 0x010c002d: "BayerBG12Packed",
	0x010c0026: "BayerGR10Packed", 0x010c0027: "BayerRG10Packed", 0x010c0028: "BayerGB10Packed", 0x010c0029: "BayerBG10Packed",
	0x02180014: "RGB8", 0x02180015: "BGR8", 0x02200016: "RGBa8", 0x02200017: "BGRa8", 0x02300033: "RGB16",
	0x0210001f: "YUV422_8_UYVY", 0x02100032: "YUV422_8", 0x0210003b: "YCbCr422_8",
}

func formatOf(code uint32) (pixel.Format, error) {
	name, ok := codes[code]
	if !ok {
		return pixel.Format{}, fmt.Errorf("the camera sends a pixel format that is not known here (%#08x): choose another, such as Mono8 or BayerRG8", code)
	}
	return pixel.Named(name)
}
