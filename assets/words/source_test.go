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
	"unicode"
)

// use is one place that says something.
type use struct {
	key, one string // one: of what is counted
	plain    bool   // no format
	at       token.Position
}

// root is where the repository begins.
const root = "../.."

// sources parses every file of the program that may say something, by folder.
func sources(t *testing.T) (*token.FileSet, map[string][]*ast.File) {
	t.Helper()
	set, out := token.NewFileSet(), map[string][]*ast.File{}
	add := func(path string) {
		f, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		dir, _ := filepath.Rel(root, filepath.Dir(path))
		out[filepath.ToSlash(dir)] = append(out[filepath.ToSlash(dir)], f)
	}
	for _, dir := range []string{"ui", "viewer", "themes", "assets"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && filepath.Ext(path) == ".go" && !strings.HasSuffix(path, "_test.go") {
				add(path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	top, _ := filepath.Glob(filepath.Join(root, "*.go"))
	for _, path := range top {
		if !strings.HasSuffix(path, "_test.go") {
			add(path)
		}
	}
	return set, out
}

// constants are the texts of a package's constants.
func constants(files []*ast.File) map[string]string {
	out := map[string]string{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.CONST {
				for _, s := range d.Specs {
					v := s.(*ast.ValueSpec)
					for i, name := range v.Names {
						if i < len(v.Values) {
							if text, ok := constant(v.Values[i], out); ok {
								out[name.Name] = text
							}
						}
					}
				}
			}
			return true
		})
	}
	return out
}

// constant is the text of an expression that is one when the program is built.
func constant(e ast.Expr, known map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, err := strconv.Unquote(e.Value)
			return s, err == nil
		}
	case *ast.BinaryExpr:
		a, ok := constant(e.X, known)
		b, too := constant(e.Y, known)
		return a + b, ok && too && e.Op == token.ADD
	case *ast.Ident:
		s, ok := known[e.Name]
		return s, ok
	case *ast.ParenExpr:
		return constant(e.X, known)
	}
	return "", false
}

// said returns what a call says, if it is one of this package's.
func said(c *ast.CallExpr, own bool, known map[string]string) (u use, is, ok bool) {
	name := ""
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		if x, found := f.X.(*ast.Ident); found && x.Name == "words" {
			name = f.Sel.Name
		}
	case *ast.Ident:
		if own {
			name = f.Name
		}
	}
	switch {
	case (name == "T" || name == "Text") && len(c.Args) > 0:
		u.key, ok = constant(c.Args[0], known)
		// A text may be said with arguments later, see Text.With.
		u.plain = len(c.Args) == 1 && (name == "T" || !strings.Contains(u.key, "%s"))
		return u, true, ok
	case name == "N" && len(c.Args) > 2:
		u.one, ok = constant(c.Args[1], known)
		many, too := constant(c.Args[2], known)
		u.key = many
		return u, true, ok && too
	}
	return u, false, false
}

// uses finds everything that is said.
func uses(t *testing.T) []use {
	t.Helper()
	var out []use
	set, dirs := sources(t)
	for dir, files := range dirs {
		if dir == "assets/words" {
			continue
		}
		known := constants(files)
		for _, f := range files {
			ast.Inspect(f, func(n ast.Node) bool {
				c, isCall := n.(*ast.CallExpr)
				if !isCall {
					return true
				}
				u, is, ok := said(c, false, known)
				if !is {
					return true
				}
				u.at = set.Position(c.Pos())
				if !ok {
					t.Errorf("%s: what is said must be a constant of this package, for it is looked up", u.at)
				} else {
					out = append(out, u)
				}
				return true
			})
		}
	}
	return out
}

// verbs lists which argument is written how, in the order of the arguments.
func verbs(format string) []string {
	var out []string
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[3] == "" {
			continue // %%
		}
		for _, index := range m[1:3] {
			if index != "" {
				next, _ = strconv.Atoi(index)
			}
		}
		out = append(out, strconv.Itoa(next)+m[3])
		next++
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Every sentence of the window has a translation into every language, written
// with the same arguments, and the catalog holds nothing else.
func TestEverySentenceIsTranslated(t *testing.T) {
	entries, err := readCatalog()
	if err != nil {
		t.Fatal(err)
	}
	byKey := map[string]entry{}
	for _, e := range entries {
		if strings.HasPrefix(e.file, retoldFiles) {
			continue
		}
		if first, twice := byKey[e.key]; twice {
			t.Errorf("%s:%d: %q stands in %s:%d already", e.file, e.line, e.key, first.file, first.line)
		}
		byKey[e.key] = e
	}
	used := map[string]bool{"Cancel": true}
	for _, u := range uses(t) {
		used[u.key] = true
		e := byKey[u.key]
		for _, l := range Languages[1:] {
			text := e.texts[l.Code]
			switch {
			case text == "":
				t.Errorf("%s: not in %s: %q", u.at, l.Name, u.key)
			case !u.plain && !slices.Equal(verbs(text), verbs(u.key)):
				t.Errorf("%s:%d: %q has the arguments %v, its translation %q has %v", e.file, e.line, u.key, verbs(u.key), text, verbs(text))
			}
			one := e.ones[l.Code]
			switch {
			case u.one == "" || l.Code == "zh": // Chinese counts without plurals
				if one != "" && u.one == "" {
					t.Errorf("%s:%d: %q is not counted, but has a translation for one", e.file, e.line, u.key)
				}
			case one == "":
				t.Errorf("%s: not in %s for one: %q", u.at, l.Name, u.key)
			case !slices.Equal(verbs(one), verbs(u.one)):
				t.Errorf("%s:%d: %q has the arguments %v, its translation %q has %v", e.file, e.line, u.one, verbs(u.one), one, verbs(one))
			}
		}
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.file, retoldFiles) && !used[e.key] {
			t.Errorf("%s:%d: nobody says %q", e.file, e.line, e.key)
		}
	}
}

// Ends of sentences and dots for "more to come" go over into the translation.
func TestTranslationsEndAsTheEnglish(t *testing.T) {
	entries, err := readCatalog()
	if err != nil {
		t.Fatal(err)
	}
	same := map[string]string{".": ".。", "…": "…", "?": "?？", ":": ":：", "!": "!！"}
	for _, e := range entries {
		key := cut(e.key)
		last := key[len(strings.TrimRightFunc(key, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })):]
		for end, allowed := range same {
			for code, text := range e.texts {
				r := []rune(text)
				if strings.HasSuffix(last, end) != strings.ContainsRune(allowed, r[len(r)-1]) {
					t.Errorf("%s:%d: %q ends otherwise in %s: %q", e.file, e.line, key, code, text)
				}
			}
		}
	}
}
