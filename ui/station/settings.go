package station

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"agurscope/history/spc"
)

// Settings are what an administrator decides for a station. The zero value is
// what a new station does.
type Settings struct {
	Theme    string  `json:"theme,omitempty"`     // dark, light, contrast or system; "": dark
	TextSize float32 `json:"text_size,omitempty"` // 0 or 1: as designed
	Scale    float32 `json:"scale,omitempty"`     // of everything; 0: the system's
	Language string  `json:"language,omitempty"`  // "": the system's
	Silent   bool    `json:"silent,omitempty"`    // no sound on NG
	Steady   bool    `json:"steady,omitempty"`    // no flash on NG
	Shifts   string  `json:"shifts,omitempty"`    // when they begin, see spc.ParseShifts; "": spc.DefaultShifts

	Data string `json:"data,omitempty"` // folder of the history; "": the user's data folder
	Keep string `json:"keep,omitempty"` // of which parts full pictures are kept: none, not-ok or all; "": none

	Retention Retention    `json:"retention,omitzero"`
	PINs      map[Role]PIN `json:"pins,omitempty"`
	Idle      int          `json:"idle_minutes,omitempty"` // until the operator's role comes back; 0: five
}

// Retention says how long things are kept; zero is for ever.
type Retention struct {
	PictureDays   int `json:"picture_days,omitempty"`   // full pictures and maps
	ThumbnailDays int `json:"thumbnail_days,omitempty"` // small pictures
	VerdictDays   int `json:"verdict_days,omitempty"`
	Gigabytes     int `json:"gigabytes,omitempty"` // of database and pictures together
}

// Choices of the settings that have few values.
var (
	Themes    = []string{"dark", "light", "contrast", "system"}
	TextSizes = []float32{.9, 1, 1.15, 1.3, 1.5}
	Scales    = []float32{0, .75, 1, 1.25, 1.5, 2}
	Keeps     = []string{"none", "not-ok", "all"}
)

// IdleAfter is how long nobody must touch the station until it is the operator's.
func (s Settings) IdleAfter() time.Duration {
	if s.Idle <= 0 {
		return 5 * time.Minute
	}
	return time.Duration(s.Idle) * time.Minute
}

// Turns are the shifts of a day.
func (s Settings) Turns() []spc.Shift {
	turns, err := spc.ParseShifts(cmp.Or(s.Shifts, spc.DefaultShifts))
	if err != nil { // of settings that nobody has settled
		turns, _ = spc.ParseShifts(spc.DefaultShifts)
	}
	return turns
}

// settled returns the settings with what is out of range replaced by defaults.
func (s Settings) settled() Settings {
	if !slices.Contains(Themes, s.Theme) {
		s.Theme = ""
	}
	if s.TextSize < .75 || s.TextSize > 2 {
		s.TextSize = 0
	}
	if s.Scale < .5 || s.Scale > 3 {
		s.Scale = 0
	}
	if !slices.Contains(Keeps, s.Keep) {
		s.Keep = ""
	}
	if s.Data != "" && !filepath.IsAbs(s.Data) {
		s.Data = ""
	}
	if _, err := spc.ParseShifts(s.Shifts); err != nil {
		s.Shifts = ""
	}
	r := &s.Retention
	for _, n := range []*int{&r.PictureDays, &r.ThumbnailDays, &r.VerdictDays, &r.Gigabytes, &s.Idle} {
		*n = min(max(*n, 0), 1_000_000)
	}
	return s
}

// DefaultSettingsFile is where a station's settings lie: in the user's
// configuration folder (XDG_CONFIG_HOME, or ~/.config).
func DefaultSettingsFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "agurscope", "settings.json")
}

// LoadSettings reads settings; path "" and a file that is not there are the
// defaults. So is a damaged file, which the error names.
func LoadSettings(path string) (Settings, error) {
	var s Settings
	if path == "" {
		return s, nil
	}
	if err := readFile(path, &s); err != nil {
		return Settings{}, fmt.Errorf("read the settings: %w", err)
	}
	return s.settled(), nil
}

// Save writes the settings; path "" keeps nothing.
func (s Settings) Save(path string) error {
	if path == "" {
		return nil
	}
	if err := writeFile(path, s); err != nil {
		return fmt.Errorf("write the settings to %s: %w", path, err)
	}
	return nil
}

// Difference is a setting that changed, as the history keeps it.
type Difference struct{ Setting, Before, After string }

// Differences lists what changed from s to t. PINs are named, never shown.
func (s Settings) Differences(t Settings) []Difference {
	var out []Difference
	add := func(name, before, after string) {
		if before != after {
			out = append(out, Difference{name, before, after})
		}
	}
	number := func(f float32) string {
		if f == 0 {
			return ""
		}
		return strconv.FormatFloat(float64(f), 'g', -1, 32)
	}
	count := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	add("theme", s.Theme, t.Theme)
	add("text size", number(s.TextSize), number(t.TextSize))
	add("scale", number(s.Scale), number(t.Scale))
	add("language", s.Language, t.Language)
	add("silent", strconv.FormatBool(s.Silent), strconv.FormatBool(t.Silent))
	add("steady", strconv.FormatBool(s.Steady), strconv.FormatBool(t.Steady))
	add("shifts", s.Shifts, t.Shifts)
	add("data folder", s.Data, t.Data)
	add("full pictures kept", s.Keep, t.Keep)
	add("days pictures are kept", count(s.Retention.PictureDays), count(t.Retention.PictureDays))
	add("days thumbnails are kept", count(s.Retention.ThumbnailDays), count(t.Retention.ThumbnailDays))
	add("days verdicts are kept", count(s.Retention.VerdictDays), count(t.Retention.VerdictDays))
	add("gigabytes kept", count(s.Retention.Gigabytes), count(t.Retention.Gigabytes))
	add("minutes until idle", count(s.Idle), count(t.Idle))
	for _, r := range []Role{Engineer, Administrator} {
		a, b := s.PINs[r], t.PINs[r]
		if a == b {
			continue
		}
		said := func(p PIN) string {
			if p == "" {
				return "none"
			}
			return "set"
		}
		after := said(b)
		if a != "" && b != "" {
			after = "set anew"
		}
		add("PIN of the "+strings.ToLower(r.String()), said(a), after)
	}
	return out
}
