package camera

import (
	"context"
	"fmt"
	"image"
	"time"

	"agurscope/datasets"
	"agurscope/datasets/aravis"
	"agurscope/datasets/ffmpeg"
	"agurscope/datasets/live"
	"agurscope/datasets/v4l2"
)

// Found is a camera that answered.
type Found struct {
	Address string `json:"address"`
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Detail  string `json:"detail,omitempty"`
}

// Means is what this machine has for cameras.
type Means struct {
	Name   string
	Err    error // why it cannot be used, with the remedy; nil when it can
	Detail string
}

// List looks for cameras on networks and buses. It takes a second or two; ctx
// ends only the waiting, for the library cannot be interrupted.
func List(ctx context.Context) ([]Found, []Means) {
	type answer struct {
		found []Found
		means []Means
	}
	c := make(chan answer, 1)
	go func() {
		f, m := list()
		c <- answer{f, m}
	}()
	select {
	case a := <-c:
		return a.found, a.means
	case <-ctx.Done():
		return nil, []Means{{Name: "cameras", Err: ctx.Err()}}
	}
}

func list() (found []Found, means []Means) {
	genicam, err := aravis.List()
	means = append(means, Means{"GigE Vision and USB3 Vision", err, fmt.Sprintf("Aravis, %s found", count(len(genicam)))})
	for _, d := range genicam {
		f := Found{Address: "aravis://" + d.ID, Name: d.Vendor + " " + d.Model, Kind: d.Protocol, Detail: d.Address}
		if d.Protocol == "GigEVision" && d.Address != "" {
			f.Address = "gige://" + d.Address
			f.Detail = d.ID
		}
		found = append(found, f)
	}
	webcams, err := v4l2.List()
	means = append(means, Means{"webcams (V4L2)", err, count(len(webcams)) + " found"})
	for _, d := range webcams {
		found = append(found, Found{Address: "v4l2://" + d.Path, Name: d.Name, Kind: "V4L2", Detail: d.Bus})
	}
	where, err := ffmpeg.Available()
	means = append(means, Means{"H.264 and video files", err, where})
	return found, means
}

func count(n int) string {
	if n == 1 {
		return "1 camera"
	}
	return fmt.Sprintf("%d cameras", n)
}

// Available tells what this machine has for cameras, without looking for any.
func Available() []Means {
	where, err := ffmpeg.Available()
	webcams, lack := v4l2.List()
	return []Means{
		{"GigE Vision and USB3 Vision", aravis.Available(), "Aravis is there"},
		{"webcams (V4L2)", lack, count(len(webcams)) + " plugged in"},
		{"H.264 and video files", err, where},
	}
}

// Sample is what a camera showed when it was tried.
type Sample struct {
	Frame    datasets.Frame `json:"-"`
	Name     string         `json:"name"`
	First    float64        `json:"first_picture_ms"` // from opening to the first picture
	Width    int            `json:"width"`
	Height   int            `json:"height"`
	Pixels   string         `json:"pixels"` // such as "8-bit grey"
	Status   live.Status    `json:"status"`
	Controls []live.Control `json:"controls"`
}

// The patience of Try, and how many pictures tell the rate.
const (
	triedFor   = 10 * time.Second
	triedMore  = 2 * time.Second
	rateFrames = 12
)

// Try connects to a camera, takes a picture and tells what the camera is like.
// rate waits for some more pictures, to tell how many come in a second.
func Try(ctx context.Context, src Source, rate bool) (*Sample, error) {
	ctx, cancel := context.WithTimeout(ctx, triedFor)
	defer cancel()
	start := time.Now()
	var s *Sample
	if src.Mode() == live.Software {
		go press(ctx, src)
	}
	var until time.Time
	for f, err := range src.Frames(ctx) {
		if err != nil && s == nil {
			return nil, err
		}
		if s == nil {
			s = &Sample{Frame: f, Name: src.Name(), First: float64(time.Since(start)) / float64(time.Millisecond), Controls: []live.Control{}}
			s.Width, s.Height, s.Pixels = f.Image.Bounds().Dx(), f.Image.Bounds().Dy(), pixels(f.Image)
			if c, err := src.Controls(); err == nil {
				s.Controls = c
			}
			until = time.Now().Add(triedMore)
		}
		if s.Status = src.Status(); !rate || src.Mode() != live.Free || s.Status.Received >= rateFrames || time.Now().After(until) {
			return s, nil
		}
	}
	if s != nil {
		return s, nil // a recording that has ended
	}
	if reason := src.Status().Reason; reason != "" {
		return nil, fmt.Errorf("try %s: %s", src.Name(), reason)
	}
	return nil, fmt.Errorf("try %s: no picture came within %v", src.Name(), triedFor)
}

// press triggers once, as soon as the camera is connected.
func press(ctx context.Context, src Source) {
	for ctx.Err() == nil {
		if src.Status().State == live.Streaming && src.Trigger(ctx) == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func pixels(m image.Image) string {
	switch m.(type) {
	case *image.Gray:
		return "8-bit grey"
	case *image.Gray16:
		return "16-bit grey"
	case *image.RGBA:
		return "8-bit colour"
	}
	return "16-bit colour"
}
