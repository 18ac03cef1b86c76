package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestRetoldClauseByClause(t *testing.T) {
	t.Cleanup(func() { Use(English) })
	for _, c := range []struct{ said, de, zh string }{
		{"", "", ""},
		{"nobody knows this: nor that", "nobody knows this: nor that", "nobody knows this: nor that"},
		{"disk is full", "disk is full", "disk is full"},
		{"the disk is full", "die Platte ist voll", "磁盘已满"},
		{"Open a recipe or train one.", "Ein Rezept öffnen oder trainieren.", "请打开或训练一个配方。"},
		{`open recipe /a b.agur: entry "weights" does not match its hash`,
			`Rezept /a b.agur öffnen: Eintrag "weights" passt nicht zu seiner Prüfsumme`, `打开配方 /a b.agur：条目 "weights" 与校验值不符`},
		{"open set /x: no pictures found; 3 files were left out, the first is a.txt: not an image",
			"Teile in /x öffnen: keine Bilder gefunden; 3 Dateien wurden ausgelassen, die erste ist a.txt: kein Bild", "打开工件集 /x：未找到图片；略过 3 个文件，第一个是 a.txt：不是图片"},
		{"open recipe /x: open /x: no such file or directory", "Rezept /x öffnen: /x öffnen: Datei oder Ordner gibt es nicht", "打开配方 /x：打开 /x：没有该文件或文件夹"},
		{"lock h.db: another program is writing to it: a window has it open (process 12)",
			"h.db sperren: ein anderes Programm schreibt darin: ein Fenster hat sie geöffnet (Prozess 12)", "锁定 h.db：另一程序正在写入：已在一个窗口中打开（进程 12）"},
		{"test, defective (3 with mask)", "Test, fehlerhaft (3 mit Maske)", "测试，缺陷品（3 张带掩膜）"},
		{"training diverged at step 7: use another seed", "das Training ist auseinandergelaufen bei Schritt 7: einen anderen Startwert nehmen", "第 7 步时训练发散：请更换随机种子"},
		{"export: 2000 entries wait in /j\nthe disk is full", "exportieren: 2000 Einträge warten in /j\ndie Platte ist voll", "导出：2000 条记录在 /j 中等待\n磁盘已满"},
		{"a recall of 120 % is not between 0 and 100 %", "eine Fundrate von 120 % liegt nicht zwischen 0 und 100 %", "检出率 120 % 不在 0 和 100 % 之间"},
		{"GigE Vision and USB3 Vision cameras need the Aravis library: install it with “sudo apt install libaravis-0.8-0” (libaravis-0.8.so.0: cannot open shared object file: No such file or directory)",
			"Kameras mit GigE Vision und USB3 Vision brauchen die Bibliothek Aravis: installieren mit „sudo apt install libaravis-0.8-0“ (die Bibliothek libaravis-0.8.so.0 lässt sich nicht öffnen: Datei oder Ordner gibt es nicht)",
			"GigE Vision 和 USB3 Vision 相机需要 Aravis 库：请用“sudo apt install libaravis-0.8-0”安装（无法打开库 libaravis-0.8.so.0：没有该文件或文件夹）"},
		{"gige://10.0.0.7 brings no pictures: Can't connect to device at address '10.0.0.7'",
			"gige://10.0.0.7 bringt keine Bilder: keine Verbindung zur Kamera unter 10.0.0.7", "gige://10.0.0.7 没有图片：无法连接地址为 10.0.0.7 的相机"},
		{"set gain to 3: GigEVision write_register error (access-denied)",
			"gain auf 3 setzen: GigE Vision: Fehler bei write_register (der Zugriff ist verweigert, vielleicht hat ein anderes Programm die Kamera)", "将 gain 设为 3：GigE Vision：write_register 出错（访问被拒绝，相机可能已被其他程序占用）"},
		{"trigger=hardware is new: the camera has gone", "trigger=hardware is new: die Kamera ist nicht mehr da", "trigger=hardware is new: 相机已断开"},
	} {
		for code, want := range map[string]string{English: c.said, "de": c.de, "zh": c.zh} {
			Use(code)
			if got := Retold(c.said); got != want {
				t.Errorf("%q in %s: %q, want %q", c.said, code, got, want)
			}
		}
	}
}

// However much another program has printed, telling it again ends, and what stands
// before it is told.
func TestRetoldIsBounded(t *testing.T) {
	t.Cleanup(func() { Use(English) })
	Use("de")
	for _, printed := range []string{strings.Repeat("frame: 3; ", 100_000), strings.Repeat("x", 1<<20)} {
		got := Retold("open recipe: the disk is full: " + printed)
		if want := "Rezept öffnen: die Platte ist voll: " + printed; got != want {
			t.Errorf("%.80q became %.80q", want, got)
		}
	}
}

func FuzzRetold(f *testing.F) {
	f.Add(`open recipe /a: entry "b" does not match its hash. Choose another folder.`)
	f.Add("(%d with mask): ; . %s")
	Use("de")
	f.Cleanup(func() { Use(English) })
	f.Fuzz(func(t *testing.T, s string) { Retold(s) }) // of whatever: it ends
}

// everywhere are the texts of the whole program, by folder, and those of them
// that become errors or hints.
func everywhere(t *testing.T) (all string, errors map[string][]string) {
	t.Helper()
	var b strings.Builder
	errors = map[string][]string{}
	set := token.NewFileSet()
	for _, top := range []string{"ui", "datasets", "history", "nn", "cuda"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				return err
			}
			dir, _ := filepath.Rel(root, filepath.Dir(path))
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
						b.WriteString(s + "\n")
					}
				case *ast.CallExpr:
					if makesError(n) {
						errors[filepath.ToSlash(dir)] = append(errors[filepath.ToSlash(dir)], texts(n.Args)...)
					}
				case *ast.AssignStmt: // of proposals, which say why
					if f, ok := n.Lhs[0].(*ast.SelectorExpr); ok && f.Sel.Name == "Why" {
						errors["Why"] = append(errors["Why"], texts(n.Rhs)...)
					}
				case *ast.CompositeLit:
					if x, ok := n.Type.(*ast.Ident); ok && strings.HasSuffix(x.Name, "Error") || ok && x.Name == "Problem" {
						errors[filepath.ToSlash(dir)] = append(errors[filepath.ToSlash(dir)], texts(n.Elts)...)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String(), errors
}

// texts are the constants of what an error is made of, formats of it too.
func texts(parts []ast.Expr) []string {
	var out []string
	for _, e := range parts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		if s, ok := constant(e, nil); ok {
			out = append(out, s)
		} else if c, ok := e.(*ast.CallExpr); ok && len(c.Args) > 0 {
			if s, ok := constant(c.Args[0], nil); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

func makesError(c *ast.CallExpr) bool {
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return ok && (x.Name == "errors" && f.Sel.Name == "New" || x.Name == "fmt" && f.Sel.Name == "Errorf") ||
			slices.Contains([]string{"leave", "reading", "writing"}, f.Sel.Name) // of folders, and acts of the history
	case *ast.Ident:
		return slices.Contains([]string{"problem", "refusal", "refuse", "storage"}, f.Name) // of sessions, pictures, recipes and checkpoints, acts of the history
	}
	return false
}

// told are the packages whose errors come to the window.
var told = []string{
	"datasets", "datasets/aravis", "datasets/camera", "datasets/ffmpeg", "datasets/live", "datasets/mjpeg", "datasets/rtsp", "datasets/v4l2", "datasets/watch",
	"history", "nn/anomaly", "Why", "ui", "ui/calibrate", "ui/line", "ui/records", "ui/session", "ui/sheet", "ui/station",
}

// inner is what only a fault of the program itself would say, what its line's
// peers are told, and names.
var inner = []string{
	"window", "an app and a session are needed", "start again", "SINCE needs the id of a verdict", "understood are SINCE ID, STATE, PING and TRIGGER",
	"mqtt", "modbus", "folder", "ffmpeg", "On", "Off",
}

func TestWhatIsRetoldIsSaid(t *testing.T) {
	entries, err := readCatalog()
	if err != nil {
		t.Fatal(err)
	}
	all, errors := everywhere(t)
	known := map[string]bool{}
	for _, e := range entries {
		if !strings.HasPrefix(e.file, retoldFiles) {
			continue
		}
		key := strings.TrimSuffix(e.key, ".")
		if known[key] {
			t.Errorf("%s:%d: %q stands twice", e.file, e.line, e.key)
		}
		known[key] = true
		// A recipe's reasons are said of an “it”, and an act of the history names its file.
		if e.file == retoldFiles+".txt" && !strings.Contains(all, strings.TrimSuffix(strings.TrimPrefix(key, "it "), " %s")) {
			t.Errorf("%s:%d: nobody says %q", e.file, e.line, e.key)
		}
		for _, l := range Languages[1:] {
			if text := e.texts[l.Code]; text == "" || !slices.Equal(verbs(text), verbs(e.key)) {
				t.Errorf("%s:%d: %q has the arguments %v, its translation %q has %v", e.file, e.line, e.key, verbs(e.key), text, verbs(text))
			}
		}
	}
	for _, dir := range told {
		for _, said := range errors[dir] {
			if known[strings.TrimSuffix(said, ".")] {
				continue
			}
			for _, clause := range strings.FieldsFunc(strings.NewReplacer(": ", "\x00", "; ", "\x00").Replace(said), func(r rune) bool { return r == 0 }) {
				clause = strings.TrimSuffix(clause, ".")
				if bare := strings.Trim(verb.ReplaceAllString(clause, ""), " (),+"); bare != "" && !known[clause] && !known["it "+clause] && !known[clause+" %s"] && !slices.Contains(inner, clause) {
					t.Errorf("%s: not in %s.txt: %q", dir, retoldFiles, clause)
				}
			}
		}
	}
}
