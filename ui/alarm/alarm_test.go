package alarm

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"testing"
)

func TestToneIsASoundFile(t *testing.T) {
	b := Tone()
	if !bytes.HasPrefix(b, []byte("RIFF")) || string(b[8:16]) != "WAVEfmt " {
		t.Fatalf("it begins with %q", b[:16])
	}
	if n := binary.LittleEndian.Uint32(b[40:]); int(n) != len(b)-44 || int(n) != 2*(2*int(.14*rate)+int(.06*rate)) {
		t.Errorf("it says that it has %d bytes of %d", n, len(b)-44)
	}
	loudest := 0
	for i := 44; i < len(b); i += 2 {
		loudest = max(loudest, int(int16(binary.LittleEndian.Uint16(b[i:]))))
	}
	if loudest < 10000 || loudest > 32000 {
		t.Errorf("its loudest sample is %d", loudest)
	}
	if last := int16(binary.LittleEndian.Uint16(b[len(b)-2:])); last > 500 || last < -500 {
		t.Errorf("it ends with a crack: %d", last)
	}
}

func TestRingNeverWaitsAndRingsThatComeTooSoonAreNothing(t *testing.T) {
	begun, held := make(chan struct{}), make(chan struct{})
	plays := 0
	b := &Bell{Play: func(ctx context.Context) error {
		plays++
		close(begun) // twice would panic
		select {
		case <-held: // a player that hangs
		case <-ctx.Done():
		}
		return ctx.Err()
	}}
	for {
		b.Ring()
		select {
		case <-begun:
		default:
			continue
		}
		break
	}
	for range 1000 {
		b.Ring() // would hang here if it waited for the player
	}
	b.Close() // ends the player
	if plays != 1 {
		t.Errorf("%d tones", plays)
	}
}

func TestABellThatNeverRangCloses(t *testing.T) { (&Bell{}).Close() }

func TestTheToneIsWrittenOnce(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	path, err := toneFile()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	again, err := toneFile()
	if err != nil || again != path {
		t.Errorf("%q, %v; want %q", again, err, path)
	}
}

func TestNothingIsWrittenWhereThereIsNoTerminal(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := ring(f); err != nil {
		t.Error(err)
	}
	if info, _ := f.Stat(); info.Size() != 0 {
		t.Error("a bell in a file")
	}
}
