package viewer

import (
	"image/color"
	"math"
)

// Map is a table of 256 colours from the lowest value to the highest.
type Map [256]color.RGBA

// anchor lists are the published colours of each map at equal distances from 0
// to 1; the tables between them are interpolated here.
var anchors = map[string][]uint32{
	"grey": {0x000000, 0xffffff},
	"viridis": {0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21908c,
		0x27ad81, 0x5dc863, 0xaadc32, 0xfde725},
	"inferno": {0x000004, 0x210c4a, 0x56106e, 0x89226a, 0xbb3754,
		0xe35932, 0xf98c0a, 0xf9c932, 0xfcffa4},
	"turbo": {0x30123b, 0x4686fb, 0x1ae4b6, 0xa2fc3c, 0xfaba39, 0xe4460a, 0x7a0403},
}

// Colormaps returns the names that Colormap knows, in the order of a menu.
func Colormaps() []string { return []string{"viridis", "inferno", "turbo", "grey"} }

// Colormap returns the table called name; an unknown name gives viridis.
func Colormap(name string) *Map {
	points, ok := anchors[name]
	if !ok {
		points = anchors["viridis"]
	}
	var m Map
	for i := range m {
		m[i] = interpolate(points, float64(i)/255)
	}
	return &m
}

// interpolate runs a Catmull-Rom curve through the anchors, each channel by
// itself; with two anchors it is a straight line.
func interpolate(points []uint32, t float64) color.RGBA {
	last := len(points) - 1
	at := t * float64(last)
	i := min(int(at), last-1)
	f := at - float64(i)
	channel := func(shift uint) uint8 {
		v := func(k int) float64 {
			if k < 0 || k > last { // continue straight on past the ends
				e := min(max(k, 0), last)
				in := e + (e - k)
				return 2*value(points[e], shift) - value(points[in], shift)
			}
			return value(points[k], shift)
		}
		return clamp8(catmullRom(v(i-1), v(i), v(i+1), v(i+2), f))
	}
	return color.RGBA{R: channel(16), G: channel(8), B: channel(0), A: 255}
}

func value(rgb uint32, shift uint) float64 { return float64(rgb >> shift & 0xff) }

func catmullRom(a, b, c, d, t float64) float64 {
	return b + t*(c-a+t*(2*a-5*b+4*c-d+t*(3*(b-c)+d-a)))/2
}

func clamp8(v float64) uint8 { return uint8(math.Round(min(max(v, 0), 255))) }
