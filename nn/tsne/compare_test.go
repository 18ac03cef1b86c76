package tsne

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"agurscope/nn/vectors"
)

// TestCompare is our half of testdata/compare.py: it lays out the features that
// the script has written and says how long that took.
func TestCompare(t *testing.T) {
	dir := os.Getenv("AGURSCOPE_TSNE")
	if dir == "" {
		t.Skip("run by make bench-tsne")
	}
	d, err := strconv.Atoi(os.Getenv("AGURSCOPE_TSNE_D"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "features.f32"))
	if err != nil {
		t.Fatal(err)
	}
	s := &vectors.Set{D: d, V: make([]float32, len(data)/4)}
	if _, err := binary.Decode(data, binary.LittleEndian, s.V); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	m, err := Run(background, s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	seconds := time.Since(start).Seconds()
	f, err := os.Create(filepath.Join(dir, "ours.f32"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := binary.Write(f, binary.LittleEndian, m.Points); err != nil {
		t.Fatal(err)
	}
	report, _ := json.Marshal(map[string]float64{"seconds": seconds, "kl": m.KL})
	if err := os.WriteFile(filepath.Join(dir, "ours.json"), report, 0o644); err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(report))
}
