package lab

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"agurscope/assets/words"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
)

// save copies the picture on show to where a person wants it.
func (s *Screen) save() {
	shot := s.shot
	d := dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
		if err != nil || w == nil {
			return
		}
		defer w.Close()
		ending := ".png"
		if strings.EqualFold(w.URI().Extension(), ".svg") {
			ending = ".svg"
		}
		f, err := os.Open(filepath.Join(s.out, shot+ending))
		if err == nil {
			_, err = io.Copy(w, f)
			f.Close()
		}
		if err != nil {
			s.Report(err)
			return
		}
		s.Say(words.T("Saved %s", w.URI().Name()))
	}, s.Window)
	d.SetFileName(shot + ".png")
	s.Dialog(d)
}
