package words

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// english is a text with a word beside a space: what people would read, not a
// name that the program gives to something.
var english = regexp.MustCompile(`[A-Za-z][a-z]+[,.:;]* | [a-z]{3,}$`)

// unread are texts that look like sentences and that nobody reads.
var unread = map[string]bool{
	"no camera ": true, "failed ": true, "lost ": true, "not tested ": true, // what the middle of a screen shows, to compare
	"locate part: ": true, "On: ": true, "Off: ": true, // cut from what others say
	"agurscope doctor": true, "agurscope --db ~/history.db": true, // typed into a terminal
	"Could not ": true, // what nobody has named yet
}

// Screens say nothing past the catalog: every text that people read is said by
// this package, or is an error of those below, which stay in English.
func TestNothingIsSaidPastTheCatalog(t *testing.T) {
	set, dirs := sources(t)
	for dir, files := range dirs {
		switch dir {
		case "ui", "ui/calibrate", "ui/clusters", "ui/compare", "ui/desk", "ui/explain", "ui/kiosk", "ui/lab", "ui/live",
			"ui/phrase", "ui/records", "ui/scene", "ui/setup", "ui/thumb", "ui/widgets", "viewer":
			for _, f := range files {
				ast.Walk(beside{t, set}, f)
			}
		}
	}
}

// beside visits what is not said by this package.
type beside struct {
	t   *testing.T
	set *token.FileSet
}

func (b beside) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.ImportSpec:
		return nil
	case *ast.Field: // its tag
		ast.Walk(b, n.Type)
		return nil
	case *ast.KeyValueExpr: // what the key is, is compared, and Problem names what was done
		if k, ok := n.Key.(*ast.Ident); !ok || k.Name != "Op" {
			ast.Walk(b, n.Value)
		}
		return nil
	case *ast.CaseClause: // what it compares with
		for _, s := range n.Body {
			ast.Walk(b, s)
		}
		return nil
	case *ast.CallExpr:
		if _, is, _ := said(n, false, nil); is {
			for _, a := range n.Args {
				if !isText(a) {
					ast.Walk(b, a)
				}
			}
			return nil
		}
		switch f := n.Fun.(type) {
		case *ast.Ident:
			if f.Name == "panic" {
				return nil
			}
		case *ast.SelectorExpr:
			if x, ok := f.X.(*ast.Ident); ok && (x.Name == "errors" || x.Name == "slog" || x.Name == "fmt" && f.Sel.Name == "Errorf") {
				return nil
			}
		}
	case *ast.BasicLit:
		if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && !unread[text] && !strings.HasPrefix(text, "<svg") &&
			english.MatchString(verb.ReplaceAllString(text, "")) {
			b.t.Errorf("%s: said past the catalog: %q", b.set.Position(n.Pos()), text)
		}
	}
	return b
}

// isText reports whether an argument is text as it stands, or texts put together.
func isText(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.BinaryExpr:
		return isText(e.X) && isText(e.Y)
	}
	return false
}
