package viewer

import "image"

// Frame is everything that is shown of one inspected part. Only Original is
// needed; what is missing leaves its pane with a sentence saying so. The images
// must be opaque and must not be written to after they were handed over.
type Frame struct {
	Original       *image.RGBA
	Reconstruction *image.RGBA // may be of another size
	Map            *Scalar     // may be of another size
	Segmentation   *Segmentation

	Low, High float32 // pixel thresholds, shown in the legend
	// Max is the upper end of the heat map's colour scale. It belongs to the
	// recipe, so that colours can be compared between parts and stay put while a
	// threshold is dragged; 0 takes twice High.
	Max float32

	original, reconstruction *Picture
}

// Prepare does the work of showing the frame that depends on the size of its
// pictures, so that nothing is left to do while painting. It may run on any
// goroutine before SetFrame; without it, SetFrame works all the same.
func (f *Frame) Prepare() {
	f.wrap()
	f.original.Prepare()
	f.reconstruction.Prepare()
}

// wrap makes the pictures, unless they are already there.
func (f *Frame) wrap() {
	f.original = rewrap(f.original, f.Original)
	f.reconstruction = rewrap(f.reconstruction, f.Reconstruction)
}

func rewrap(p *Picture, src *image.RGBA) *Picture {
	if p != nil && p.Image() == src {
		return p
	}
	return NewPicture(src)
}

// limit is the upper end of the colour scale. A frame that names none must not
// be scaled by its own values, so the last resort is 1.
func (f *Frame) limit() float32 {
	switch {
	case f.Max > 0:
		return f.Max
	case f.High > 0:
		return 2 * f.High
	}
	return 1
}

// extent is the size that spans image coordinates.
func (f *Frame) extent() Size {
	if f.original == nil {
		return Size{}
	}
	return f.original.Size()
}
