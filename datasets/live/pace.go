package live

import (
	"hash/maphash"
	"image"
	"time"
)

// pace is the rate of the last pictures.
type pace struct {
	at [16]time.Time
	n  int
}

func (p *pace) tick(t time.Time) {
	p.at[p.n%len(p.at)] = t
	p.n++
}

// rate returns pictures per second; it falls towards 0 while none come.
func (p *pace) rate(now time.Time) float64 {
	k := min(p.n, len(p.at))
	if k < 2 {
		return 0
	}
	newest, oldest := p.at[(p.n-1)%len(p.at)], p.at[(p.n-k)%len(p.at)]
	span := newest.Sub(oldest)
	each := span / time.Duration(k-1)
	if quiet := now.Sub(newest); quiet > 2*each {
		span += quiet - each
	}
	if span <= 0 {
		return 0
	}
	return float64(k-1) / span.Seconds()
}

// fingerprint tells two pictures apart. Sensors have noise: two equal ones are
// the same one twice.
type fingerprint struct {
	sum  uint64
	w, h int
}

var seed = maphash.MakeSeed()

func fingerprintOf(m image.Image) fingerprint {
	f := fingerprint{w: m.Bounds().Dx(), h: m.Bounds().Dy()}
	switch m := m.(type) {
	case *image.Gray:
		f.sum = maphash.Bytes(seed, m.Pix)
	case *image.Gray16:
		f.sum = maphash.Bytes(seed, m.Pix)
	case *image.RGBA:
		f.sum = maphash.Bytes(seed, m.Pix)
	case *image.RGBA64:
		f.sum = maphash.Bytes(seed, m.Pix)
	}
	return f
}
