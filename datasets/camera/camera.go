// Package camera opens cameras by their addresses, whatever kind they are of.
// This is the one place that knows all kinds:
//
//	gige://192.168.1.20          GigE Vision, by address
//	aravis://Vendor-Model-123    GigE Vision or USB3 Vision, by name
//	v4l2:///dev/video0           webcam or capture card
//	rtsp://name:password@host/…  network camera, H.264 or Motion JPEG
//	http://host/…                network camera, Motion JPEG
//	watch:///folder              pictures that somebody else puts there
//	replay:///folder             a set of pictures, played like a camera
//	file.mp4                     a video
//
// Settings follow behind a question mark (behind a number sign for rtsp and http,
// whose question mark belongs to the camera): ?trigger=software&exposure=5000.
package camera

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"agurscope/datasets"
	"agurscope/datasets/aravis"
	"agurscope/datasets/ffmpeg"
	"agurscope/datasets/live"
	"agurscope/datasets/mjpeg"
	"agurscope/datasets/replay"
	"agurscope/datasets/rtsp"
	"agurscope/datasets/v4l2"
	"agurscope/datasets/watch"
)

// Source is what a camera is to the rest of the program.
type Source interface {
	datasets.Source
	Status() live.Status
	Mode() live.Mode
	Trigger(ctx context.Context) error
	Controls() ([]live.Control, error)
	Set(name, value string) error
}

// kind is one kind of camera.
type kind struct {
	name     string   // for people
	settings []string // besides those of all
	open     func(a *Address) (live.Options, error)
}

// common are the settings of all kinds.
var common = []string{"trigger", "gate", "stall"}

// still is how long a compressed video may repeat a quiet scene bit for bit.
const still = 30 * time.Second

func kinds() map[string]kind {
	genicam := kind{"GenICam camera", append([]string{"line"}, aravis.Settings()...), openAravis}
	network := kind{"network camera", nil, openMJPEG}
	stream := kind{"network camera", []string{"transport"}, openRTSP}
	return map[string]kind{
		"aravis": genicam, "gige": genicam, "usb3": genicam,
		"v4l2": {"webcam", v4l2.Settings(), openV4L2},
		"rtsp": stream, "rtsps": stream,
		"http": network, "https": network,
		"watch":  {"watched folder", []string{"existing"}, openWatch},
		"replay": {"replay", []string{"fps", "loop"}, openReplay},
		"file":   {"video file", nil, openFile},
	}
}

// Address is a camera's address, taken apart.
type Address struct {
	Scheme   string
	Rest     string // behind ://, without settings
	Settings map[string]string
	network  bool // Rest is a URL of a network camera
}

// Parse reads an address. A path alone is a device, a video file or a folder to
// watch.
func Parse(s string) (*Address, error) {
	s = strings.TrimSpace(s)
	a := &Address{Settings: map[string]string{}}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		var err error
		if scheme, rest, err = guess(s); err != nil {
			return nil, err
		}
	}
	a.Scheme, a.Rest = strings.ToLower(scheme), rest
	k, known := kinds()[a.Scheme]
	if !known {
		return nil, fmt.Errorf("camera address %s: there are no cameras of the kind %s; choose one of %s", Redact(s), scheme, strings.Join(slices.Sorted(maps.Keys(kinds())), ", "))
	}
	a.network = slices.Contains([]string{"rtsp", "rtsps", "http", "https"}, a.Scheme)
	mark := "?"
	if a.network {
		mark = "#"
		if split(a.Rest) {
			return nil, fmt.Errorf("camera address %s: its password holds a character that ends it; write %%2F for /, %%3F for ? and %%23 for #", Redact(s))
		}
	}
	rest, query, _ := strings.Cut(a.Rest, mark)
	if a.Rest = rest; a.network {
		a.Rest = strings.TrimSpace(rest)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("camera address %s: its settings cannot be read; write them as %sname=value&name=value", Redact(s), mark)
	}
	allowed := append(slices.Clone(k.settings), common...)
	for name, v := range values {
		if !slices.Contains(allowed, name) {
			return nil, fmt.Errorf("camera address %s: a %s has no setting %q; there are %s", Redact(s), k.name, name, strings.Join(allowed, ", "))
		}
		a.Settings[name] = v[len(v)-1]
	}
	if !a.network {
		if a.Rest, err = url.PathUnescape(a.Rest); err != nil {
			return nil, fmt.Errorf("camera address %s: %w", Redact(s), err)
		}
	}
	if a.Rest == "" {
		return nil, fmt.Errorf("camera address %s: it does not say which camera", Redact(s))
	}
	return a, nil
}

// guess tells what a path without a scheme is.
func guess(s string) (scheme, rest string, err error) {
	p, query, asked := strings.Cut(s, "?")
	info, e := os.Stat(p)
	switch {
	case s == "":
		return "", "", fmt.Errorf("name a camera, such as gige://192.168.1.20 or /dev/video0")
	case strings.HasPrefix(p, "/dev/video"):
		scheme = "v4l2"
	case e == nil && info.IsDir():
		scheme = "watch"
	case e == nil:
		scheme = "file"
	default:
		return "", "", fmt.Errorf("camera address %s: there is no such file or folder, and it names no kind of camera; write for example gige://%s", s, s)
	}
	rest = (&url.URL{Path: p}).EscapedPath()
	if asked {
		rest += "?" + query
	}
	return scheme, rest, nil
}

// String is the address as it can be parsed again.
func (a *Address) String() string {
	rest, mark := a.Rest, "#"
	if !a.network {
		rest, mark = (&url.URL{Path: rest}).EscapedPath(), "?"
	}
	s := a.Scheme + "://" + rest
	values := url.Values{}
	for k, v := range a.Settings {
		values.Set(k, v)
	}
	if len(values) > 0 {
		s += mark + values.Encode()
	}
	return s
}

// ends are what ends the host of an address.
const ends = "/?#"

// split reports whether a password with one of these in it cuts the host in two:
// what stands behind the colon is no port, and an @ comes later.
func split(rest string) bool {
	host, tail := rest, ""
	if i := strings.IndexAny(rest, ends); i >= 0 {
		host, tail = rest[:i], rest[i:]
	}
	_, port, ok := strings.Cut(host, ":")
	_, none := strconv.ParseUint(port, 10, 16)
	return ok && none != nil && !strings.HasPrefix(host, "[") && !strings.Contains(host, "@") && strings.Contains(tail, "@")
}

// secret is a password as some cameras want it: in the path or the query.
var secret = regexp.MustCompile(`(?i)((?:password|passwd|pass|pwd)=)[^&#]*`)

// Redact hides the passwords of an address, and what may be one.
func Redact(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return s
	}
	host, tail := rest, ""
	if i := strings.IndexAny(rest, ends); i >= 0 && !split(rest) {
		host, tail = rest[:i], rest[i:]
	}
	if at := strings.LastIndex(host, "@"); at >= 0 {
		name, _, _ := strings.Cut(host[:at], ":")
		host = name + ":…@" + host[at+1:]
	}
	return scheme + "://" + host + secret.ReplaceAllString(tail, "${1}…")
}

// Title is what people call a camera of this address.
func (a *Address) Title() string {
	switch {
	case a.network:
		u, err := url.Parse(a.Scheme + "://" + a.Rest)
		if err != nil {
			return a.Scheme
		}
		return a.Scheme + " " + u.Host
	case a.Scheme == "watch", a.Scheme == "replay", a.Scheme == "file", a.Scheme == "v4l2":
		return a.Scheme + " " + path.Base(filepath.ToSlash(a.Rest))
	}
	return a.Scheme + " " + a.Rest
}

// Open returns the camera at an address. Nothing is connected before its frames
// are taken.
func Open(address string) (Source, error) {
	a, err := Parse(address)
	if err != nil {
		return nil, err
	}
	return a.Open()
}

// Open returns the camera at the address.
func (a *Address) Open() (Source, error) {
	wrong := func(err error) error { return fmt.Errorf("camera address %s: %w", Redact(a.String()), err) }
	mode, err := live.ParseMode(a.Settings["trigger"])
	if err != nil {
		return nil, wrong(err)
	}
	o, err := kinds()[a.Scheme].open(a)
	if err != nil {
		return nil, wrong(err)
	}
	o.Name, o.Mode = a.Title(), mode
	if v := a.Settings["stall"]; v != "" {
		if o.Stall, err = time.ParseDuration(v); err != nil || o.Stall < 100*time.Millisecond {
			return nil, wrong(fmt.Errorf("stall=%s is no duration of 100 ms or more, such as 5s", v))
		}
	}
	if mode == live.Hardware && o.Driver != nil {
		if _, ok := o.Driver.(*aravis.Driver); !ok {
			return nil, wrong(fmt.Errorf("only GenICam cameras have a hardware trigger; choose trigger=software"))
		}
	}
	if mode != live.Free && o.Recorded {
		return nil, wrong(fmt.Errorf("a %s cannot be triggered", kinds()[a.Scheme].name))
	}
	s := live.New(o)
	switch v := a.Settings["gate"]; v {
	case "", "off":
		return s, nil
	case "motion":
		if mode != live.Free || o.Recorded {
			return nil, wrong(fmt.Errorf("gate=motion takes the place of a trigger at a live camera: leave one of them out"))
		}
		return &live.Gate{Source: s}, nil
	default:
		return nil, wrong(fmt.Errorf("gate=%s: choose motion or off", v))
	}
}

// pick returns the settings of a kind that are set.
func (a *Address) pick(names []string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		if v, ok := a.Settings[n]; ok {
			out[n] = v
		}
	}
	return out
}

// url is the address for the client of a network camera.
func (a *Address) url() (*url.URL, error) {
	u, err := url.Parse(a.Scheme + "://" + a.Rest)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("it cannot be read as host and path") // the parser's words have the password in them
	}
	return u, nil
}

func openAravis(a *Address) (live.Options, error) {
	mode, err := live.ParseMode(a.Settings["trigger"])
	d := &aravis.Driver{Name: a.Rest, Mode: mode, Line: a.Settings["line"]}
	return live.Options{Driver: d.With(a.pick(aravis.Settings()))}, err
}

func openV4L2(a *Address) (live.Options, error) {
	d := &v4l2.Driver{Path: a.Rest}
	return live.Options{Driver: d.With(a.pick(v4l2.Settings()))}, nil
}

func openRTSP(a *Address) (live.Options, error) {
	u, err := a.url()
	if err != nil {
		return live.Options{}, err
	}
	t := a.Settings["transport"]
	if t != "" && t != "tcp" && t != "udp" {
		return live.Options{}, fmt.Errorf("transport=%s: choose tcp or udp", t)
	}
	return live.Options{Driver: &rtsp.Driver{URL: u, UDP: t == "udp"}, Still: still}, nil
}

func openMJPEG(a *Address) (live.Options, error) {
	u, err := a.url()
	return live.Options{Driver: &mjpeg.Driver{URL: u}}, err
}

func openWatch(a *Address) (live.Options, error) {
	existing, err := truth(a.Settings["existing"])
	return live.Options{Driver: &watch.Driver{Dir: a.Rest, Existing: existing}, Recorded: true, Repeats: true, Stall: -1}, err
}

func openReplay(a *Address) (live.Options, error) {
	d := &replay.Driver{Dir: a.Rest}
	var err error
	if v := a.Settings["fps"]; v != "" {
		if d.Rate, err = strconv.ParseFloat(v, 64); err != nil || !(d.Rate > 0 && d.Rate <= 1000) {
			return live.Options{}, fmt.Errorf("fps=%s is no rate between 0 and 1000", v)
		}
	}
	if d.Loop, err = truth(a.Settings["loop"]); err != nil {
		return live.Options{}, err
	}
	return live.Options{Driver: d, Repeats: true, Stall: -1}, nil
}

func openFile(a *Address) (live.Options, error) {
	return live.Options{Driver: &ffmpeg.File{Path: a.Rest}, Recorded: true, Repeats: true, Stall: -1}, nil
}

func truth(s string) (bool, error) {
	if s == "" {
		return false, nil
	}
	v, err := strconv.ParseBool(s)
	if err != nil {
		return false, fmt.Errorf("%q is neither yes (1) nor no (0)", s)
	}
	return v, nil
}
