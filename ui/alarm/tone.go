package alarm

import (
	"bytes"
	"encoding/binary"
	"math"
)

const (
	rate  = 22050 // samples a second
	beep  = .14   // seconds
	gap   = .06
	pitch = 880.0 // Hz; the second beep is a fifth below, heard through machines
)

// Tone returns the alarm as a WAV file: two beeps, the second one lower, with soft
// edges so that it does not crack.
func Tone() []byte {
	var pcm bytes.Buffer
	sample := func(v float64) {
		_ = binary.Write(&pcm, binary.LittleEndian, int16(v*math.MaxInt16)) // a buffer takes all
	}
	for i, hz := range []float64{pitch, pitch * 2 / 3} {
		if i > 0 {
			for range int(gap * rate) {
				sample(0)
			}
		}
		n := int(beep * rate)
		for k := range n {
			edge := min(1, float64(min(k, n-k))/(.01*rate))
			x := 2 * math.Pi * hz * float64(k) / rate
			sample(.6 * edge * (math.Sin(x) + .3*math.Sin(2*x)) / 1.3)
		}
	}
	var out bytes.Buffer
	put := func(v any) { _ = binary.Write(&out, binary.LittleEndian, v) }
	out.WriteString("RIFF")
	put(uint32(36 + pcm.Len()))
	out.WriteString("WAVEfmt ")
	put(uint32(16))
	put(uint16(1)) // PCM
	put(uint16(1)) // one channel
	put(uint32(rate))
	put(uint32(2 * rate))
	put(uint16(2))
	put(uint16(16))
	out.WriteString("data")
	put(uint32(pcm.Len()))
	out.Write(pcm.Bytes())
	return out.Bytes()
}
