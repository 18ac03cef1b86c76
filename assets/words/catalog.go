package words

import (
	"fmt"
	"io/fs"
	"strings"
)

// entry is a sentence with its translations.
type entry struct {
	key   string
	texts map[string]string // by language
	ones  map[string]string // where one of a thing is said differently
	file  string
	line  int
}

// readCatalog reads all files. A line at the margin is a key, as it stands
// between the quotes of the source; the indented ones below it are its
// translations: the language's code and the text, "de1" for one of a thing.
// Empty lines and such beginning with a number sign count for nothing.
func readCatalog() ([]entry, error) {
	var all []entry
	names, err := fs.Glob(files, "catalog/*.txt")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		entries, err := parseCatalog(name, string(b))
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
	}
	return all, nil
}

var unescape = strings.NewReplacer(`\n`, "\n", `\"`, `"`, `\\`, `\`)

func parseCatalog(name, text string) ([]entry, error) {
	var out []entry
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
		case line[0] != '\t' && line[0] != ' ':
			out = append(out, entry{key: unescape.Replace(line), texts: map[string]string{}, ones: map[string]string{}, file: name, line: i + 1})
		default:
			code, said, _ := strings.Cut(strings.TrimLeft(line, "\t "), " ")
			language, one := strings.CutSuffix(code, "1")
			if len(out) == 0 || !known(language) || language == English || said == "" {
				return nil, fmt.Errorf("%s:%d: %q is no translation", name, i+1, line)
			}
			e := &out[len(out)-1]
			into := e.texts
			if one {
				into = e.ones
			}
			if into[language] != "" {
				return nil, fmt.Errorf("%s:%d: %q is translated twice", name, i+1, e.key)
			}
			into[language] = unescape.Replace(said)
		}
	}
	return out, nil
}
