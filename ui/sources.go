package ui

import (
	"path/filepath"
	"slices"
	"strings"

	"agurscope/assets/words"
	"agurscope/nn/anomaly"
	"agurscope/ui/live"
	"agurscope/ui/session"
	"agurscope/ui/station"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// liveItems are the sources that parts come from by themselves; the Camera screen
// inspects them.
func (s *inspectScreen) liveItems() []*fyne.MenuItem {
	return []*fyne.MenuItem{
		menuItem(words.T("Watch a folder…"), theme.VisibilityIcon(), func() {
			s.w.askFolder(s.w.settings.text(keySet), func(path string) {
				s.w.GoTo(live.Title)
				s.w.camera.Choose("watch://" + filepath.ToSlash(path))
			})
		}),
		menuItem(words.T("Use a camera…"), theme.MediaVideoIcon(), func() { s.w.GoTo(live.Title) }),
	}
}

// mostVersions is how many of a recipe's versions a menu offers.
const mostVersions = 8

// versionItems offer the thresholds of earlier versions of the open recipe, and the
// files that trainings have replaced. The thresholds of a network that was replaced
// mean nothing to this one and are not offered.
func (s *inspectScreen) versionItems() []*fyne.MenuItem {
	r := s.recipe()
	if r == nil || r.Path == "" {
		return nil
	}
	var out []*fyne.MenuItem
	add := func(n int, who, why string, t session.Thresholds) {
		label := words.T("Version %d: %s", n, strings.TrimSpace(why+" · "+who))
		if len(out) == 0 {
			label = words.T("Version %d, the newest: %s", n, strings.TrimSpace(why+" · "+who))
		}
		m := menuItem(shorten(label), theme.HistoryIcon(), func() { s.useVersion(r, n, t) })
		m.Checked = t == s.w.Session.Thresholds()
		out = append(out, m)
	}
	trained := false // the version as calibrated has been reached
	for _, v := range slices.Backward(r.Versions) {
		if len(out) == mostVersions || trained {
			break
		}
		t := session.Recommended(r.Calibration)
		if trained = v.Setting == nil; !trained {
			one := *r
			one.Versions = []anomaly.Version{v}
			t = session.Saved(&one)
		}
		add(v.Number, v.Author, v.Reason, t)
	}
	if !trained && len(out) > 0 && len(out) < mostVersions {
		add(1, words.T("training"), words.T("as calibrated"), session.Recommended(r.Calibration))
	}
	kept, _ := filepath.Glob(globbed(strings.TrimSuffix(r.Path, filepath.Ext(r.Path))) + ".v*.agur") // the pattern is well formed
	for _, path := range kept[max(0, len(kept)-mostVersions):] {
		out = append(out, menuItem(shorten(words.T("Before another training: %s", filepath.Base(path))), theme.DocumentIcon(), func() { s.openRecipe(path) }))
	}
	return out
}

// globbed is a path in a pattern that means nothing but itself.
func globbed(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// shorten keeps a menu narrow.
func shorten(label string) string {
	if r := []rune(label); len(r) > 64 {
		return string(r[:63]) + "…"
	}
	return label
}

// useVersion puts the thresholds of a version in force, as if they had been moved
// there; the file stays as it is.
func (s *inspectScreen) useVersion(r *anomaly.Recipe, n int, t session.Thresholds) {
	s.w.Need(station.Engineer, func() {
		if s.recipe() != r {
			return
		}
		s.w.Session.SetThresholds(t)
		s.w.changed(nil)
		s.w.Say(words.T("Thresholds of version %d are in force.", n))
	})
}
