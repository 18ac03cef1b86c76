package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"agurscope/assets/words"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
)

// save copies the picture on show to where a person wants it. It is read before that
// is asked for: the dialog empties the file that is chosen, which may be the very one.
func (s *Screen) save() {
	pictures := map[string][]byte{}
	for _, ending := range []string{".png", ".svg"} {
		data, err := os.ReadFile(filepath.Join(s.out, s.shot+ending))
		if err != nil && (ending == ".png" || !errors.Is(err, fs.ErrNotExist)) {
			s.Report(fmt.Errorf("save the picture: %w", err))
			return
		}
		pictures[ending] = data
	}
	d := dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
		if err != nil {
			s.Report(fmt.Errorf("save the picture: %w", err))
			return
		}
		if w == nil {
			return
		}
		ending := ".png"
		if strings.EqualFold(w.URI().Extension(), ".svg") {
			ending = ".svg"
		}
		if pictures[ending] == nil {
			err = fs.ErrNotExist
		}
		_, failed := w.Write(pictures[ending])
		if err = errors.Join(err, failed, w.Close()); err != nil {
			s.Report(fmt.Errorf("save the picture: %w", err))
			return
		}
		s.Say(words.T("Saved %s", w.URI().Name()))
	}, s.Window)
	d.SetFileName(s.shot + ".png")
	home, _ := os.UserHomeDir() // anywhere else will do
	s.Files(words.T("Save picture"), d, home)
}
