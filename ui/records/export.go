package records

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/history/handover"
	"agurscope/ui/desk"
	"agurscope/ui/session"
	"agurscope/ui/sheet"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// format is one kind of file that can be written.
type format struct {
	word   words.Text
	ending string
	passes int // through the records; 0: it cannot be said how far it is
	write  func(handover.Source, context.Context, io.Writer) error
	run    int64 // the report of that one
}

// name is what people choose it by.
func (f format) name() string {
	if f.run != 0 {
		return words.T("Report of run %d to sign (PDF)", f.run)
	}
	return f.word.String()
}

// formats are the choices of the export, the report of a run last.
var formats = []format{
	{word: words.Text("Table for any spreadsheet (CSV)"), ending: ".csv", passes: 1, write: handover.Source.CSV},
	{word: words.Text("Workbook (XLSX)"), ending: ".xlsx", passes: 1, write: handover.Source.XLSX},
	{word: words.Text("Data for programs (JSON)"), ending: ".json", passes: 1, write: handover.Source.JSON},
	{word: words.Text("Pictures, maps and tables (ZIP)"), ending: ".zip", passes: 3, write: handover.Source.Bundle},
}

// report is the PDF of one run.
func report(run int64) format {
	return format{ending: ".pdf", run: run, write: func(src handover.Source, ctx context.Context, w io.Writer) error {
		return src.PDF(ctx, w, handover.Report{Run: run, Panes: func(ctx context.Context, r history.Record) (image.Image, error) {
			return sheet.Past(ctx, src.Store, r)
		}})
	}}
}

// source is what an export writes: what is selected, or else what was found.
func (s *Screen) source() handover.Source {
	src := handover.Source{Store: s.Session.Store(), Filter: s.found.filter}
	if len(s.marked) > 0 {
		src.Filter = history.Filter{IDs: s.picked(), Newest: true}
	}
	return src
}

// askExport lets a person choose what is written, and where.
func (a *actions) askExport() {
	s, t := a.s, a.s.Tips
	if s.rows() == 0 || a.stop != nil {
		return
	}
	src, n := s.source(), s.rows()
	if len(s.marked) > 0 {
		n = len(s.marked)
	}
	choices := append([]format(nil), formats...)
	if p := s.detail.past; p != nil {
		choices = append(choices, report(p.rec.Run))
	}
	var names []string
	for _, f := range choices {
		names = append(names, f.name())
	}
	file, wrong := t.NewEntry(words.T("File"), words.T("Where it is written to")), widgets.NewAside(theme.ColorNameWarning)
	kind := t.NewSelect(names, words.T("What kind of file"), s.Keys, nil)
	kind.Selected = names[0]
	write := t.NewButton(words.T("Write"), nil, "", nil)
	write.Importance = widget.HighImportance
	of := widgets.NewText("")
	chosen := func() format { return choices[max(kind.SelectedIndex(), 0)] }
	tell := func() {
		switch {
		case chosen().passes == 0:
			of.Set(words.T("the whole run of the verdict beside the table"))
		case len(s.marked) > 0:
			of.Set(words.N(n, "%d verdict that is selected", "%d verdicts that are selected"))
		default:
			of.Set(words.N(n, "%d verdict that was found", "%d verdicts that were found"))
		}
	}
	kind.OnChanged = func(string) {
		name := strings.TrimSuffix(file.Text, filepath.Ext(file.Text))
		file.SetText(unused(name + chosen().ending))
		tell()
	}
	replacing := ""
	file.OnChanged = func(string) {
		if replacing != "" {
			replacing = ""
			wrong.Set("")
			write.SetText(words.T("Write"))
		}
	}
	var d *dialog.CustomDialog
	submit := func() {
		path := expand(file.Text)
		switch info, err := os.Stat(path); {
		case path == "" || strings.HasSuffix(file.Text, string(filepath.Separator)) || err == nil && info.IsDir():
			wrong.Set(words.T("Name a file, not a folder."))
		case err == nil && replacing != path:
			replacing = path
			wrong.Set(words.T("%s is there already. Press Replace to write over it, or name another file.", path))
			write.SetText(words.T("Replace"))
		default:
			d.Hide()
			a.export(chosen(), src, n, path, replacing == path)
		}
	}
	write.OnTapped = submit
	file.OnSubmitted = func(string) { submit() }
	file.OnEscape = func() { d.Hide() }
	file.SetText(unused(filepath.Join(a.folder(), "agurscope-"+time.Now().Format("20060102-1504")+formats[0].ending)))
	tell()
	browse := t.NewButton(words.T("Folder…"), theme.FolderOpenIcon(), words.T("Choose the folder"), func() {
		pick := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
			if err == nil && u != nil {
				file.SetText(unused(filepath.Join(u.Path(), filepath.Base(file.Text))))
			}
		}, s.Window)
		s.Files(words.T("Choose a folder"), pick, filepath.Dir(expand(file.Text)))
	})
	line := func(word string, o fyne.CanvasObject) fyne.CanvasObject {
		return widgets.Dock(nil, nil, widgets.Fixed(80, 0, widgets.Inset(widgets.NewText(word), 8, 0)), nil, o)
	}
	cancel := t.NewButton(words.T("Cancel"), nil, "", func() { d.Hide() })
	body := widgets.Rows(8, line(words.T("What"), widgets.Inset(of, 8, 0)), line(words.T("As"), kind), line(words.T("File"), widgets.Dock(nil, nil, nil, leftOf(browse), file)),
		wrong, widgets.Row(8, widgets.NewSpring(nil), cancel, write))
	d = dialog.NewCustomWithoutButtons(words.T("Export"), widgets.Fixed(680, 0, body), s.Window)
	s.Dialog(d)
	s.Window.Canvas().Focus(kind)
}

// export writes a file away from Fyne's goroutine.
func (a *actions) export(f format, src handover.Source, n int, path string, replace bool) {
	s := a.s
	ctx, stop := context.WithCancel(s.Context())
	a.stop = stop
	a.step.Set(words.T("writing…"))
	a.bar.SetValue(0)
	a.refresh()
	show := &desk.Latest{Thread: s.Thread}
	all, pass, last := max(n*f.passes, 1), 0, 0
	src.On = func(done int) {
		if done < last {
			pass++
		}
		last = done
		if f.passes == 0 || done%64 != 0 {
			return
		}
		at := pass*n + done
		show.PostLatest(func() {
			if a.stop != nil {
				a.bar.SetValue(float64(at) / float64(all))
				a.step.Set(fmt.Sprintf("%d %%", 100*at/all))
			}
		})
	}
	s.Job(func(context.Context) {
		defer stop()
		err := handover.WriteFile(path, replace, func(w io.Writer) error {
			return f.write(src, ctx, w)
		})
		s.OnUI(func() {
			a.stop = nil
			switch {
			case errors.Is(err, context.Canceled):
				s.Say(words.T("Stopped: no file was left."))
			case errors.Is(err, fs.ErrExist):
				s.ReportOf(Title, &session.Problem{Op: "export", Err: errors.New(words.T("%s is there already and was left as it is", path)), Hint: words.T("Choose another name.")})
			case err != nil:
				s.ReportOf(Title, err)
			default:
				a.wrote = path
				s.Say(words.T("Wrote %s", path))
			}
			a.refresh()
		})
	})
}

// folder is where exports go unless told otherwise: where the last one went.
func (a *actions) folder() string {
	if a.wrote != "" {
		return filepath.Dir(a.wrote)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return os.TempDir()
	}
	if docs := filepath.Join(home, "Documents"); isFolder(docs) {
		return docs
	}
	return home
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// unused is path, or one like it of which there is no file yet.
func unused(path string) string {
	ext := filepath.Ext(path)
	for stem, n := strings.TrimSuffix(path, ext), 2; ; n++ {
		if _, err := os.Lstat(expand(path)); err != nil || n > 99 {
			return path
		}
		path = fmt.Sprintf("%s-%d%s", stem, n, ext)
	}
}

// expand takes a path as people type it.
func expand(path string) string {
	path = strings.TrimSpace(path)
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if path == "" {
		return ""
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// leftOf leaves room before a control that stands behind another.
func leftOf(o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(0, 0, 6, 0), o)
}

// scrolled is content that scrolls up and down.
func scrolled(o fyne.CanvasObject) fyne.CanvasObject { return container.NewVScroll(o) }
