package ui

import (
	"slices"

	"agurscope/ui/station"

	"fyne.io/fyne/v2"
)

// settings is what the window remembers between starts: its own state, recent
// files, and thresholds that were moved and not saved. Verdicts and saved
// thresholds have stores of their own.
type settings struct {
	m *station.Memory // nil: nothing is read or kept
}

// The keys of the memory.
const (
	keySet      = "set"
	keyRecipe   = "recipe"
	keySets     = "recent-sets"
	keyRecipes  = "recent-recipes"
	keySize     = "window-size"
	keyScreen   = "screen"
	keyMoved    = "moved-thresholds"
	keyStarted  = "started-before"
	keyLog      = "log-open"
	keyTrainOut = "train-folder"
)

const keepRecent = 8

func (s *settings) get(key string, v any) bool { return s.m != nil && s.m.Get(key, v) }

func (s *settings) set(key string, v any) {
	if s.m != nil {
		s.m.Set(key, v)
	}
}

func (s *settings) text(key string) (text string) {
	s.get(key, &text)
	return text
}

func (s *settings) setText(key, value string) { s.set(key, value) }

func (s *settings) flag(key string, fallback bool) bool {
	on := fallback
	if !s.get(key, &on) {
		return fallback
	}
	return on
}

func (s *settings) setFlag(key string, on bool) { s.set(key, on) }

// recent returns paths used before, newest first.
func (s *settings) recent(key string) (paths []string) {
	s.get(key, &paths)
	return paths
}

// addRecent puts a path in front.
func (s *settings) addRecent(key, path string) {
	list := slices.DeleteFunc(s.recent(key), func(p string) bool { return p == path })
	list = slices.Insert(list, 0, path)
	s.set(key, list[:min(len(list), keepRecent)])
}

// dropRecent removes a path that is no longer there.
func (s *settings) dropRecent(key, path string) {
	s.set(key, slices.DeleteFunc(s.recent(key), func(p string) bool { return p == path }))
}

// size returns the window's last size.
func (s *settings) size() fyne.Size {
	var z fyne.Size
	if !s.get(keySize, &z) || z.Width < 600 || z.Height < 400 || z.Width > 10000 || z.Height > 10000 {
		return fyne.NewSize(1280, 800)
	}
	return z
}

func (s *settings) setSize(z fyne.Size) {
	if z.Width > 0 {
		s.set(keySize, z)
	}
}
