package ui

import (
	"encoding/json"
	"slices"

	"fyne.io/fyne/v2"
)

// settings is what the window remembers between starts. It keeps window state
// and recent files only; thresholds and verdicts have stores of their own.
type settings struct {
	p     fyne.Preferences // nil: nothing is read or kept
	theme string
}

// The keys of the preferences.
const (
	keyTheme    = "theme"
	keySet      = "set"
	keyRecipe   = "recipe"
	keySets     = "recent-sets"
	keyRecipes  = "recent-recipes"
	keyWidth    = "window-width"
	keyHeight   = "window-height"
	keyStarted  = "started-before"
	keyLog      = "log-open"
	keyTrainOut = "train-folder"
)

const keepRecent = 8

func (s *settings) text(key string) string {
	if s.p == nil {
		return ""
	}
	return s.p.String(key)
}

func (s *settings) setText(key, value string) {
	if s.p != nil {
		s.p.SetString(key, value)
	}
}

func (s *settings) flag(key string, fallback bool) bool {
	if s.p == nil {
		return fallback
	}
	return s.p.BoolWithFallback(key, fallback)
}

func (s *settings) setFlag(key string, on bool) {
	if s.p != nil {
		s.p.SetBool(key, on)
	}
}

// recent returns paths used before, newest first. They are one JSON string:
// lists of preferences are younger than some of the files on disk.
func (s *settings) recent(key string) []string {
	var out []string
	if err := json.Unmarshal([]byte(s.text(key)), &out); err != nil {
		return nil
	}
	return out
}

// addRecent puts a path in front.
func (s *settings) addRecent(key, path string) {
	if s.p == nil {
		return
	}
	list := slices.DeleteFunc(s.recent(key), func(p string) bool { return p == path })
	list = slices.Insert(list, 0, path)
	if b, err := json.Marshal(list[:min(len(list), keepRecent)]); err == nil {
		s.setText(key, string(b))
	}
}

// dropRecent removes a path that is no longer there.
func (s *settings) dropRecent(key, path string) {
	list := slices.DeleteFunc(s.recent(key), func(p string) bool { return p == path })
	if b, err := json.Marshal(list); err == nil {
		s.setText(key, string(b))
	}
}

// size returns the window's last size.
func (s *settings) size() fyne.Size {
	fallback := fyne.NewSize(1280, 800)
	if s.p == nil {
		return fallback
	}
	w, h := s.p.Float(keyWidth), s.p.Float(keyHeight)
	if w < 600 || h < 400 || w > 10000 || h > 10000 {
		return fallback
	}
	return fyne.NewSize(float32(w), float32(h))
}

func (s *settings) setSize(z fyne.Size) {
	if s.p != nil && z.Width > 0 {
		s.p.SetFloat(keyWidth, float64(z.Width))
		s.p.SetFloat(keyHeight, float64(z.Height))
	}
}
