package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"testing"
)

func TestScatter(t *testing.T) {
	s := Scatter{Title: "parts", Notes: []string{"silhouette 0.5", "trust"}, Groups: []Group{
		{Name: "noise", Points: [][2]float64{{0, 0}}, Pale: true},
		{Name: "bent <lead> & co", Points: [][2]float64{{1, 1}, {2, 2}}, Hollow: []bool{false, true}},
		{Name: "odd", Points: [][2]float64{{3, 1}}, Hollow: []bool{true}},
		{Name: "empty"},
	}}
	data, err := s.PNG()
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil || m.Bounds().Dx() < 800 {
		t.Error(m.Bounds(), err)
	}
	again, _ := s.PNG()
	if !bytes.Equal(data, again) {
		t.Error("another picture the second time")
	}
	data, err = s.SVG()
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := (Scatter{}).PNG(); err != nil {
		t.Error(err)
	}
}
